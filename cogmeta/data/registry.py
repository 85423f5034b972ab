"""Every data set that can be loaded by name. A new one is one importer file and one entry here."""

from cogmeta.data.bahrami2020 import BAHRAMI2020
from cogmeta.data.dataset import DataSet
from cogmeta.data.dezfouli2019 import DEZFOULI2019
from cogmeta.data.feher2020 import FEHER2020
from cogmeta.data.miller2022 import MILLER2022
from cogmeta.data.shahar2019 import SHAHAR2019
from cogmeta.data.song2019 import SONG2019
from cogmeta.data.zorowitz2023 import ZOROWITZ2023
from cogmeta.errors import unknown_name

DATA_SETS: dict[str, DataSet] = {
    data_set.name: data_set
    for data_set in (FEHER2020, SHAHAR2019, MILLER2022, BAHRAMI2020, DEZFOULI2019, ZOROWITZ2023, SONG2019)
}
"""Name -> data set."""


def get_data_set(name: str) -> DataSet:
    """Return a registered data set.

    Parameters
    ----------
    name : str

    Raises
    ------
    UserError
        Nothing is registered under this name.

    Examples
    --------
    >>> get_data_set("feher2020_twostep").n_subjects
    45
    """
    if name not in DATA_SETS:
        raise unknown_name("data set", name, DATA_SETS)
    return DATA_SETS[name]
