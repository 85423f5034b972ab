"""Full hierarchical Bayes (extra ``bayes``): the group and its subjects sampled together."""
