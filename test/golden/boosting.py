# Golden values of core/learn/boosting: XGBoost 1.7.4 with the same settings on the bundled samples, started from the constant of least
# loss (base_margin), which is where Bedside starts. XGBoost sums in 32 bits, so agreement ends at about 1e-6 of a score.
# python3 test/golden/boosting.py writes test/golden/boosting.json
import json, os
import numpy as np
import pandas as pd
import xgboost as xgb

here = os.path.dirname(os.path.abspath(__file__))
read = lambda name: pd.read_csv(os.path.join(here, '../../resources/samples', name + '.csv'))
xgb.set_config(verbosity=0)

def fit(x, y, start, settings, objective, weight=None, contributions=False):
    data = xgb.DMatrix(x, label=y, base_margin=start, weight=weight)
    # hist cuts at every distinct value, of which there are no more than 256; exact would prune by gamma only after growing.
    params = {'objective': objective, 'tree_method': 'hist', 'nthread': 1, 'lambda': 1, 'alpha': 0, 'seed': 1, **settings}
    rounds = params.pop('rounds')
    model = xgb.train(params, data, rounds)
    margins = model.predict(data, output_margin=True).astype(float)
    shares = model.predict(data, pred_contribs=True).astype(float)[:40, :-1].tolist() if contributions else None
    short = lambda value: [short(one) for one in value] if isinstance(value, list) else float('%.8g' % value)
    return {'margins': short(margins.tolist()), 'contributions': shares and short(shares)}

def case(name, sample, features, outcome, settings, result):
    return {'name': name, 'sample': sample, 'features': features, 'outcome': outcome, 'settings': settings, **result}

cases = []
log_odds = lambda p: np.log(p / (1 - p))

biopsy = ['V%d' % i for i in range(1, 10)]
table = read('biopsy')
y = (table['class'] == 'malignant').to_numpy(float)
start = np.full(len(y), log_odds(y.mean()))
for name, settings, weighted in [
    ('logistic, missing values', {'eta': 0.3, 'max_depth': 3, 'rounds': 20, 'min_child_weight': 1, 'gamma': 0}, False),
    ('logistic, weights', {'eta': 0.1, 'max_depth': 4, 'rounds': 10, 'min_child_weight': 2, 'gamma': 0.5}, True),
]:
    weight = 1 + (np.arange(len(y)) % 3).astype(float) if weighted else None
    begin = np.full(len(y), log_odds(np.average(y, weights=weight)))
    cases.append(case(name, 'biopsy', biopsy, {'task': 'diagnosis', 'target': 'class', 'classes': ['benign', 'malignant'], 'weighted': weighted},
        settings, fit(table[biopsy], y, begin, settings, 'binary:logistic', weight)))

pima = ['npreg', 'glu', 'bp', 'skin', 'bmi', 'ped', 'age']
table = read('pima')
y = (table['type'] == 'Yes').to_numpy(float)
start = np.full(len(y), log_odds(y.mean()))
settings = {'eta': 0.2, 'max_depth': 4, 'rounds': 15, 'min_child_weight': 1, 'gamma': 0.1}
monotone = {'glu': 1, 'age': 1, 'bp': -1}
cases.append(case('logistic, monotone', 'pima', pima, {'task': 'diagnosis', 'target': 'type', 'classes': ['No', 'Yes']},
    {**settings, 'monotone': 'glu:+, age:+, bp:-'},
    fit(table[pima], y, start, {**settings, 'monotone_constraints': str(tuple(monotone.get(f, 0) for f in pima))}, 'binary:logistic')))

diabetes = ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6']
table = read('diabetes')
y = table['target'].to_numpy(float)
start = np.full(len(y), y.mean())
settings = {'eta': 0.1, 'max_depth': 3, 'rounds': 20, 'min_child_weight': 5, 'gamma': 0}
cases.append(case('squared', 'diabetes', diabetes, {'task': 'regression', 'target': 'target'}, settings,
    fit(table[diabetes], y, start, settings, 'reg:squarederror')))
# Of two values each, so that a cut between values a node does not hold cannot lie elsewhere: contributions depend on it.
halves = (table[diabetes] > table[diabetes].mean()).astype(int)
settings = {'eta': 0.1, 'max_depth': 5, 'rounds': 20, 'min_child_weight': 1, 'gamma': 0}
cases.append(case('squared, contributions', 'diabetes', diabetes, {'task': 'regression', 'target': 'target', 'halves': True}, settings,
    fit(halves, y, start, settings, 'reg:squarederror', None, True)))
settings = {'eta': 0.1, 'max_depth': 0, 'max_leaves': 9, 'rounds': 10, 'min_child_weight': 3, 'gamma': 0}
cases.append(case('squared, best first', 'diabetes', diabetes, {'task': 'regression', 'target': 'target'}, settings,
    fit(table[diabetes], y, start, {**settings, 'tree_method': 'hist', 'grow_policy': 'lossguide'}, 'reg:squarederror')))

table = read('gbsg')
y = table['nodes'].to_numpy(float)
exposure = table['age'].to_numpy(float) / 50
start = np.log(y.sum() / exposure.sum()) + np.log(exposure)
settings = {'eta': 0.3, 'max_depth': 3, 'rounds': 15, 'min_child_weight': 1, 'gamma': 0}
few = ['meno', 'size', 'grade', 'hormon']
cases.append(case('poisson, exposure', 'gbsg', few, {'task': 'regression', 'target': 'nodes', 'exposure': 'age / 50'}, settings,
    fit(table[few], y, start, settings, 'count:poisson')))

table = read('ectopic')
classes = sorted(table['outc'].unique())
y = table['outc'].map(classes.index).to_numpy(float)
x = pd.DataFrame({'gravi': table['gravi'].map(sorted(table['gravi'].unique()).index), 'hia': (table['hia'] == sorted(table['hia'].unique())[1]).astype(int)})
shares = np.array([(y == k).mean() for k in range(len(classes))])
start = np.tile(np.log(shares), (len(y), 1))
settings = {'eta': 0.3, 'max_depth': 2, 'rounds': 5, 'min_child_weight': 1, 'gamma': 0}
cases.append(case('softmax', 'ectopic', ['gravi', 'hia'], {'task': 'diagnosis', 'target': 'outc', 'classes': classes}, settings,
    fit(x, y, start, {**settings, 'num_class': len(classes)}, 'multi:softprob')))

table = read('pbc')
# Ties apart: XGBoost counts of tied events only those before in the file.
time = table['time'].to_numpy(float) + np.arange(len(table)) / 1024
dead = (table['status'] == 2).to_numpy()
settings = {'eta': 0.1, 'max_depth': 3, 'rounds': 20, 'min_child_weight': 1, 'gamma': 0}
some = ['bili', 'albumin', 'protime', 'stage', 'edema', 'copper']
cases.append(case('cox', 'pbc', some, {'task': 'survival', 'time': 'time + row / 1024', 'event': 'status = 2'}, settings,
    fit(table[some], np.where(dead, time, -time), np.zeros(len(table)), settings, 'survival:cox')))

with open(os.path.join(here, 'boosting.json'), 'w') as file:
    json.dump({'xgboost': xgb.__version__, 'cases': cases}, file)
