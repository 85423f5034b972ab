"""The two-step task with thorough instructions (Feher da Silva & Hare 2020): people in two cover stories.

Observed: both choices, the second-stage state, reward, response times, and the drifting reward probabilities.
Source: the authors' repository; the same people appear under other names in other collections, so never take
those as independent data. How the files are recoded: first-stage option 0 commonly leads to second-stage state 0.

- magic carpet (24 people, 201 valid trials each): symbols, states and options are coded 1, 2 in the files; here 0, 1.
- spaceship (21 people, 250 valid trials each): the file has the *side* of the first choice, which is no stable
  option. The option is the planet to which it commonly leads: ``final_state`` after a common transition, the other
  one after a rare transition (the authors' own recoding).

A trial that was too slow at either stage is a row whose choices, state and reward are missing; where ``rt1`` is
known, a first choice had been made. Such trials were made up for, so people differ in rows but not in valid trials.
Trial numbers are the file's own: from 0 in the magic carpet, from 1 in the spaceship.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from cogmeta.data.dataset import DataFile, DataSet, parse_checksums
from cogmeta.errors import TrialTableError

COMMIT = "4567763780a2c596fd6510af720ec468a8214a8f"
STORIES = ("magic_carpet", "spaceship")

CHECKSUMS = parse_checksums("""
3111c00fa20b1b3185e6529c28209dbfe4b1a2efc8b3783ee5750e15bdf53415  magic_carpet/03187_game.csv
66420c58165adebf6588cfac26f87d6820d7d2cbb74bde6dad54f7e800f5077a  magic_carpet/04862_game.csv
955ebd0bc4135ed94450d1790e458811b927865a9bf45d19d989f5ff220e507e  magic_carpet/04936_game.csv
908c8eb7e1fcb7867013642147f3bf5b98dfa979df7920b7d2b1a91da56098d5  magic_carpet/04960_game.csv
651cd2853a791eb6c67009dbc3f15c4ffbe428d45bd6e999231acbc2b8a90e96  magic_carpet/09695_game.csv
79dc8c5fa568167f7283c04c67cbf3af60c555b25c2ae9058027329d3455169b  magic_carpet/10951_game.csv
7eee30cb38fc290dbad0902c48555b4bfe23842c235feb4fada90ae36db9d3e5  magic_carpet/16691_game.csv
a2b5c7c47853cf162999c6320a378f0d12080e8da2b53f208dc7eb8affc4d0c2  magic_carpet/17946_game.csv
2f3ceb6fd9b7e696325b6d553bd52b56f47939ad449b986b2b3264282b96080b  magic_carpet/23849_game.csv
188c80ee58b84feb626c3f7cf241233836e9260569e771dd9fec412ed40a986c  magic_carpet/33765_game.csv
d5d1ac8c82be2c9589a5a3856be5db420cfe553387ae29fd0028dcef3e2868a0  magic_carpet/35102_game.csv
775c7bbcb75ad88f35a801c47b773ac5de1a2629a05b1688f2b137f3673022dd  magic_carpet/46080_game.csv
c46c82985883fca101f3540bb7bfdf9641e090da7d41f017fa2fb168ecc213bc  magic_carpet/53366_game.csv
a9749586b5b84eeeefb1c1c9594e644e2e58385091aa73200f6d9fc1b40869fc  magic_carpet/55027_game.csv
18283d237dbecf6eb2267fc6803b8cf4ab769dbe13dac363e9a471bf25cf9c22  magic_carpet/57653_game.csv
fc7e52ecbf35c39868a0d9c706ef9f5779a649b85a7e2483e8efc278760aeaf5  magic_carpet/61120_game.csv
4847150a88a9dad679b1edcfd028d73c97f7db92ce403ae7c18d2a4a4a93f9cf  magic_carpet/63520_game.csv
75b026ba5880be2df90fabb113198ad770bae3e4207c1268e0a20d24e309a113  magic_carpet/68012_game.csv
098ea3ecf792cec4d0b8ff01f61ae4d3a3dc8fc78af7429ec0dc29e8184a57a6  magic_carpet/75759_game.csv
b4a9d3ed0bbd8c527402022217ae0b76690ffaad08108af75cc511ebec46e1eb  magic_carpet/88310_game.csv
c941380534a8f3353b7db6bd1007c5e4d080e9be133a3251701b6366f3265452  magic_carpet/92975_game.csv
77bc47b8ff388232f481df33ba4e55962c8b272fe0243e98ebd748ff27c0cfba  magic_carpet/97543_game.csv
12e9233c4f49cab2dadcf90ae333da9cafef05eb46378404446fae66a0f4432b  magic_carpet/99461_game.csv
389c0e2d967b39fd75a9896732838cd6533f9f405e9e8cfd2e70004eee9b418c  magic_carpet/99845_game.csv
74e3dc14d7acdb245165b3ab18f77d957d9969d5ba9d0c1dd0761339004ff2df  spaceship/01968.csv
7e0cbb913f7bb9a745174c1f7bbca9deba5b6972ebfda1f264f5df2ad2c24b16  spaceship/05136.csv
5d0b4064d49c97df00ee767ff2369758eee56278b18665c3d0c8fbe7dbd68330  spaceship/12251.csv
32e91948b478022e4c1774bf7a9fe7362b8edb6f6c31f0e4e1f62521f9226f64  spaceship/13442.csv
9a98801c89bb116c0e02f67d7543ef09e676b18ee7ac63e3b12ad1517c56b104  spaceship/14972.csv
84de76c77558ab5fc19ebfa3ac674a4561a9fcf83b871d5c7832aa46093ccc17  spaceship/19470.csv
9c70739d772a7cbbfc66a51b0e4b75ef29c5d467ce4cb5085fbba2156c1fefe2  spaceship/21541.csv
ee67651a2b07696003077fdeb595d2ea1ecf2e835bdd1ff22ab55e4ea5362cc6  spaceship/28896.csv
6d2484d7fecc36b7e4fe01365312d2f81a64b8934cd935fabc5a967ee1fc13fe  spaceship/36455.csv
8f93a71bcec09d7b244e0d565d5eea431fb1e0eb7347eec57c07a617a6029393  spaceship/36495.csv
83bb789f9abebada96cfb29dd5af13ff664f4657bd10882b7f5b96aa8e850caf  spaceship/36848.csv
dda454d87103f8f289566db5ec60d89ef23cf7f05869a5185cba7eea785cc241  spaceship/45878.csv
18d5ef13eae5d9784470574df004b517ff71dc41e27a3278b005a68b4616dd3b  spaceship/62517.csv
88b46c189908b87f11f4f59fc5d727045c107645d73428f72b6bbe46636543de  spaceship/65532.csv
f1b5d7e3b3c6f38e11620b9a81add2e4bf4b521ae3f6e28893fc43d474bfb18d  spaceship/67722.csv
f7ec03e4e1466b6aeab26aea663104d38c0cb744eb7ef00ac78539a05290156f  spaceship/73081.csv
267d262e40c2d376d99af1a7140c918137a380efb8ae8a8929afe8f8204b6d24  spaceship/74476.csv
16d8ef537617d1bc94fd08ca8a3dcde524524f5c40ced2734c427f9639fc08c4  spaceship/78906.csv
adfd4f14cb8f5e543144f12096091ff98a8a8d443294472f3582ca3feca18a24  spaceship/80449.csv
d7bc4dcf450090fe063728480de59a3c74509fd630b0e9296cf69b104940ce38  spaceship/81838.csv
92c2e4fd6c1c96a573583f38678a0fe2f3ead99986bf379451d486f0c18e959d  spaceship/99686.csv
""")


def read(paths: Mapping[str, Path], story: str | None = None) -> pd.DataFrame:
    """Read one or both stories as a two-step trial table.

    Parameters
    ----------
    paths : mapping of str to Path
        Where each registered file lies.
    story : {"magic_carpet", "spaceship"}, optional
        By default both.

    Returns
    -------
    DataFrame
        The two-step columns, ``rt1, rt2`` (seconds), ``reward_probability_<state>_<option>`` and ``story``.
        Subjects are named ``<story>_<number>``, as people of the two stories could share a number.
    """
    stories = STORIES if story is None else (story,)
    tables = [_read_subject(path, name) for name, path in paths.items() if name.split("/")[0] in stories]
    return pd.concat(tables, ignore_index=True)


def _read_subject(path: Path, name: str) -> pd.DataFrame:
    story, _, file = name.partition("/")
    raw = pd.read_csv(path)
    recode = _magic_carpet if story == "magic_carpet" else _spaceship
    trials = recode(raw)
    _check_transitions(trials, raw, name)
    answered = raw["slow"] == 0
    trials = trials.astype(float).where(answered)
    trials["reward"] = raw["reward"].astype(float).where(answered)
    for rt in ("rt1", "rt2"):
        trials[rt] = raw[rt].where(raw[rt] >= 0)
    trials.insert(0, "subject", f"{story}_{file[:5]}")
    trials.insert(1, "trial", raw["trial"])
    trials["story"] = story
    return pd.concat([trials, _probabilities(raw, story)], axis=1)


def _magic_carpet(raw: pd.DataFrame) -> pd.DataFrame:
    one_based = {"choice1": raw["choice1"], "state2": raw["final_state"], "choice2": raw["choice2"]}
    return pd.DataFrame(one_based) - 1


def _spaceship(raw: pd.DataFrame) -> pd.DataFrame:
    planet = np.where(raw["common"] == 1, raw["final_state"], 1 - raw["final_state"])
    return pd.DataFrame({"choice1": planet, "state2": raw["final_state"], "choice2": raw["choice2"]})


def _check_transitions(trials: pd.DataFrame, raw: pd.DataFrame, name: str) -> None:
    """Refuse a file whose own ``common`` does not agree with the recoded choice and state."""
    wrong = (raw["slow"] == 0) & ((trials["choice1"] == trials["state2"]) != (raw["common"] == 1))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise TrialTableError(f"{name} says common={raw['common'][row]} at row {row}, but its choice and state say "
                              "otherwise. Compare it with the original: cogmeta data check.")


def _probabilities(raw: pd.DataFrame, story: str) -> pd.DataFrame:
    source = "reward.{}.{}" if story == "magic_carpet" else "rwrd_prob{}"
    columns = {}
    for state in range(2):
        for option in range(2):
            place = (state + 1, option + 1) if story == "magic_carpet" else (2 * state + option,)
            columns[f"reward_probability_{state}_{option}"] = raw[source.format(*place)]
    return pd.DataFrame(columns)


def _file(path: str, sha256: str) -> DataFile:
    story, _, name = path.partition("/")
    address = f"https://github.com/carolfs/muddled_models/raw/{COMMIT}/results/{story}/choices/{name}"
    return DataFile(path, address, sha256)


FEHER2020 = DataSet(
    name="feher2020_twostep",
    family="two_step",
    task="two_step/daw2011",
    who="45 people: 24 magic carpet, 21 spaceship",
    n_subjects=45,
    licence="GPL-3.0",
    citation="Feher da Silva, C., & Hare, T. A. (2020). Humans primarily use model-based inference in the two-stage "
             "task. Nature Human Behaviour, 4, 1053-1066.",
    doi="10.1038/s41562-020-0905-y",
    source="https://github.com/carolfs/muddled_models",
    files=tuple(_file(path, sha256) for path, sha256 in CHECKSUMS.items()),
    read=read,
    options={"story": STORIES},
    columns={
        "rt1, rt2": "response times in seconds; missing where there was none",
        "reward_probability_<state>_<option>": "reward probability of each second-stage option",
        "story": "magic_carpet or spaceship",
    },
    statistics=(
        "people, rows, slow trials, rows a person", "P(common), mean reward pooled and mean over people",
        "stay probabilities under both rules of pairing, pooled and mean over people; their indices",
        "pooled logistic regression of staying on reward and transition, under both rules",
    ),
)
"""People who mostly behave as if model-based; cite the paper when using them."""
