"""Golden values of core/assess from scikit-learn, on the predictions of assess.json.
python3 test/golden/assess.py writes test/golden/assess-sklearn.json"""
import json, os
import numpy as np, sklearn
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, log_loss, roc_auc_score

here = os.path.dirname(os.path.abspath(__file__))
given = json.load(open(os.path.join(here, "assess.json")))
d, c = given["diagnosis"], given["classes"]
y, p = np.array(d["y"]), np.array(d["full"])
tied = np.round(p, 1)
many = np.array(c["probabilities"]).reshape(-1, 3)
out = {
    "madeBy": "scikit-learn " + sklearn.__version__,
    "diagnosis": {
        "auroc": roc_auc_score(y, p), "auprc": average_precision_score(y, p), "brier": brier_score_loss(y, p),
        "logLoss": log_loss(y, p), "f1": f1_score(y, p >= 0.5), "tied": tied.tolist(),
        "tiedAuprc": average_precision_score(y, tied), "tiedAuroc": roc_auc_score(y, tied),
    },
    "classes": {
        "logLoss": log_loss(c["y"], many), "accuracy": float(np.mean(many.argmax(1) == np.array(c["y"]))),
        "f1": f1_score(c["y"], many.argmax(1), average="macro"),
        "handTill": roc_auc_score(c["y"], many, multi_class="ovo", average="macro"),
        "oneVersusRest": roc_auc_score(c["y"], many, multi_class="ovr", average="macro"),
    },
}
json.dump(out, open(os.path.join(here, "assess-sklearn.json"), "w"))
