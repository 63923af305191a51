"""Losses of survival nets and their gradients by torch's autograd in double precision, cut points by the quantile scheme of
Kvamme & Borgan (2021) with numpy's searchsorted, curves between cut points, and the baseline hazard of a Cox net.
python3 test/golden/neuralSurvival.py   (from the repository's root; writes test/golden/neuralSurvival.json)"""
import json
import numpy as np, pandas as pd, torch

data = pd.read_csv("resources/samples/gbsg.csv").iloc[:150]
time = data["rfstime"].to_numpy(float)
# Months: ties among the events.
time = np.ceil(time / 91.3)
event = data["status"].to_numpy(int)
rng = np.random.default_rng(5)
weights = np.round(rng.uniform(0.5, 1.5, len(time)), 3)


def kaplan_meier(time, event):
    times = np.unique(time)
    s, curve = 1.0, []
    for t in times:
        s *= 1 - ((time == t) & (event == 1)).sum() / (time >= t).sum()
        curve.append(s)
    return np.concatenate([[0.0], times]), np.concatenate([[1.0], curve])


def quantile_cuts(time, event, count):
    times, s = kaplan_meier(time, event)
    levels = np.linspace(s.min(), 1, count + 1)
    at = np.searchsorted(np.round(s[::-1], 12), np.round(levels, 12))[::-1]
    return np.unique(times[::-1][at])[1:]


cuts = quantile_cuts(time, event, 8)
every = np.concatenate([[0.0], cuts])
up = np.searchsorted(every, time, side="left")
down = np.searchsorted(every, time, side="right") - 1
index = np.where(event == 1, up, down)

logits = torch.tensor(rng.normal(-1.5, 1, (len(time), len(cuts))).astype(np.float32).astype(float), requires_grad=True)
label = torch.zeros_like(logits)
for row in np.flatnonzero(event):
    label[row, index[row] - 1] = 1.0
bce = torch.nn.functional.binary_cross_entropy_with_logits(logits, label, reduction="none")
nll = torch.nn.functional.pad(bce, (1, 0)).cumsum(1).gather(1, torch.tensor(index).view(-1, 1)).view(-1)
loss = (nll * torch.tensor(weights)).sum()
loss.backward()

hazard = torch.sigmoid(logits.detach()).numpy()
ends = np.concatenate([np.ones((len(time), 1)), np.cumprod(1 - hazard, axis=1)], axis=1)
at = sorted([0.0, 1.0, 2.5, 7.0, 13.25, float(cuts[3]), 24.0, float(cuts[-1]), 99.0])
density = np.stack([np.interp(at, every, row) for row in ends[:20]])
constant = np.stack([np.exp(-np.interp(at, every, -np.log(row))) for row in ends[:20]])

eta = torch.tensor(rng.normal(0, 0.7, len(time)).astype(np.float32).astype(float), requires_grad=True)
w = torch.tensor(weights)


def partial(eta, ties):
    total, steps = 0.0, []
    for t in np.unique(time[event == 1]):
        died = np.flatnonzero((time == t) & (event == 1))
        risk = (w * torch.exp(eta))[time >= t].sum()
        tied = (w * torch.exp(eta))[died].sum()
        mean = w[died].mean()
        total = total - (w[died] * eta[died]).sum()
        step = 0.0
        for l in range(len(died)):
            left = risk - (l / len(died) if ties == "efron" else 0.0) * tied
            total = total + mean * torch.log(left)
            step += (mean / left).item()
        steps.append(step)
    return total, np.unique(time[event == 1]), np.cumsum(steps)


cox = {}
for ties in ("efron", "breslow"):
    eta.grad = None
    value, times, cumulative = partial(eta, ties)
    value.backward()
    cox[ties] = {"loss": value.item(), "gradient": eta.grad.tolist(), "times": times.tolist(), "hazard": cumulative.tolist()}

json.dump({
    "time": time.tolist(), "event": event.tolist(), "weights": weights.tolist(), "cuts": cuts.tolist(),
    "index": index.tolist(), "logits": logits.detach().numpy().ravel().tolist(), "loss": loss.item(),
    "gradient": logits.grad.numpy().ravel().tolist(), "at": at, "density": density.ravel().tolist(),
    "constant": constant.ravel().tolist(), "eta": eta.detach().tolist(), "cox": cox,
}, open("test/golden/neuralSurvival.json", "w"))
