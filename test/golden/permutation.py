# Golden values of core/explain/permutation.ts: scikit-learn's permutation importance (AUROC) of a fixed linear score on biopsy,
# with so many repeats that chance is below the tolerance of the test. python3 test/golden/permutation.py
import json, os
import numpy as np
import pandas as pd
from sklearn.inspection import permutation_importance
from sklearn.metrics import roc_auc_score

here = os.path.dirname(os.path.abspath(__file__))
names = ['V1', 'V3', 'V6']
table = pd.read_csv(os.path.join(here, '../../resources/samples/biopsy.csv'))[names + ['class']].dropna()
x, y = table[names].to_numpy(float), (table['class'] == 'malignant').to_numpy(int)
coefficients = np.array([0.5, 0.3, 0.4])

class Score:
    def fit(self, x, y): return self
    def decision_function(self, x): return x @ coefficients

found = permutation_importance(Score(), x, y, scoring=lambda model, x, y: roc_auc_score(y, model.decision_function(x)), n_repeats=3000, random_state=1)
json.dump({'features': names, 'coefficients': coefficients.tolist(), 'n': len(y), 'mean': found.importances_mean.tolist(), 'sd': found.importances_std.tolist()},
    open(os.path.join(here, 'permutation.json'), 'w'))
