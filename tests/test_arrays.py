"""What is said of arrays and tables is what NumPy, pandas and scikit-learn have."""

from __future__ import annotations

import ast
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets, model_selection, preprocessing

from ft_lint.facts.models import Forward
from ft_lint.interpreter import interpret
from ft_lint.values.array import Array, Cell, Column, Table
from ft_lint.values.base import UnknownNumber, Value

START = """
import numpy as np
import pandas as pd
from sklearn import datasets, model_selection, preprocessing
from torch import nn

df = pd.read_csv("rows.csv")
a = np.zeros((6, 3))
b = np.random.rand(6)
c = np.arange(6)
d = np.ones((2, 3, 4), dtype=np.float32)
n = int(float(3))
rng = np.random.default_rng(0)
scaler = preprocessing.StandardScaler()
look = nn.Linear(3, 3)
"""
ARRAYS = ("a", "b", "c", "d", "a[:, 0]", "a > 0.5", "d[0]", "df.values", "df['x'].values", "df['x']", "df[['x', 'y']]")
INDICES = (
    "0", "-1", "n", ":2", "n:", "1:n", "::-1", "None", "...", ":, 0", ":, None", ":, :1", "0, 0", "..., 0",
    "..., None", "[0, 1]", "[0, 1], 0", "0, [0, 1]", ":, [0, 1]", "[0, 1], [0, 1]", "None, 0", "n, :2", ":, 1:",
    "b > 0.5", "b > 0.5, 0", "c[:2]", "a > 0", "np.array([0, 1])", "True", "[True] * 6", "'x'", "['x']", "['x', 'y']",
    "c % 2 == 0",
)  # fmt: skip
CALLS = (
    "{}.T", "{}.copy()", "{}.reshape(-1)", "{}.reshape(-1, 1)", "{}.reshape((1, -1))", "{}.reshape(n, -1)",
    "{}.ravel()", "{}.flatten()", "{}.astype('float32')", "{}.astype(int)", "{}.sum()", "{}.sum(axis=1)",
    "{}.mean(0)", "{}.values", "{}.max(axis=-1, keepdims=True)", "{}.argmax(1)", "{}.squeeze()", "{}.transpose()",
    "{}.transpose(1, 0)", "{}.to_numpy()", "{}.iloc[0]", "{}.iloc[:, 0]", "{}.iloc[:, -1:]", "{}.iloc[:, :-1]",
    "{}.iloc[0, 0]", "{}.iloc[:2]", "{}.iloc[n]", "{}.iloc[0, :-1]", "{}.iloc[[0, 1]]", "{}.loc[:, 'x']",
    "{}.loc[:, ['x']]", "{}.loc[:, 'x':'y']", "{}.loc[b > 0.5]", "{}.loc[b > 0.5, 'x']", "{}.dropna()",
    "{}.fillna(0)", "{}.drop(columns=['x'])", "{}.drop('x', axis=1)", "{}.drop(0)", "{}.reset_index()",
    "{}.reset_index(drop=True)", "{}.sample(frac=0.5)", "{}.head()", "{}.sort_values('x')", "{}.sort_values()",
    "{}.map({{0: 1.0}})", "{}.map(abs)", "{}.apply(lambda v: 1.0)", "{}.replace(0, 1)", "{}.to_frame()",
    "{}.set_index('x')", "{}.assign(z=1)", "{}.astype(float).values", "{}.shift(1)", "{}.diff()", "{}.iloc[0]['x']",
    "np.sin({})", "np.log1p({})", "np.abs({})", "np.array({})", "np.asarray({}, dtype=np.float32)",
    "np.array([{}, {}])", "np.expand_dims({}, 1)", "np.expand_dims({}, -1)", "np.concatenate([{}, {}])",
    "np.stack([{}, {}])", "np.clip({}, 0, 1)", "np.vstack([{}, {}])", "np.hstack([{}, {}])",
    "np.column_stack([{}, {}])", "np.sum({}, axis=0)", "np.mean({})", "np.where({} > 0, 1, 0)",
    "np.where({} > 0, 'a', 'b')", "np.zeros_like({})", "np.round({})", "np.argmax({}, axis=1)", "np.dot({}, {})",
    "np.maximum({}, 0)", "np.squeeze({})", "np.reshape({}, (-1, 1))", "np.ravel({})", "np.sqrt({} ** 2)",
    "np.array([v for v in {}])", "np.array([v * 2 for v in {}])", "-{}", "{} / 2", "{} * n", "1 - {}",
    "({} > 0).astype(int)", "scaler.fit_transform({})", "preprocessing.MinMaxScaler().fit_transform({})",
    "pd.DataFrame({})", "pd.Series({})", "preprocessing.LabelEncoder().fit_transform({})",
    "model_selection.train_test_split({})[0]", "np.random.permutation({})",
    "model_selection.train_test_split({}, {}, test_size=0.5)[3]", "pd.concat([{}, {}])", "pd.to_numeric({})",
    "np.power({}, 2)", "pd.get_dummies({})", "np.random.choice({}, 2)", "np.nan_to_num({})",
    "pd.concat([{}, {}], axis=1)", "np.copy({})",
)  # fmt: skip
OTHERS = (
    "np.zeros(3)", "np.zeros((2, n))", "np.ones([2, 3], dtype=int)", "np.full((2, 2), 7)", "np.full(3, 0.5)",
    "np.eye(3)", "np.linspace(0, 1)", "np.linspace(0, 1, 5)", "np.linspace(0, 1, n)", "np.arange(0, 1, 0.1)",
    "np.arange(2, 9, 3)", "np.arange(n)", "np.array([1, 2.5])", "np.array([[1], [2]])", "np.array([0.5, n])",
    "np.array(['a', 'b'])", "np.array([])", "np.random.rand(2, 3)", "np.random.rand(n)", "np.random.rand()",
    "np.random.randn(4)", "np.random.normal(0, 1, 5)", "np.random.normal(size=(2, 1))", "np.random.normal(0, 1)",
    "np.random.uniform(-1, 1, (3, 1))", "np.random.uniform(size=4)", "np.random.randint(0, 2, 5)",
    "np.random.randint(5)", "np.random.randint(0, 9, size=(2, 2))", "np.random.random((2, 2))", "np.random.random()",
    "np.random.permutation(4)", "np.random.choice(5, 3)", "np.random.choice(5)", "rng.normal(size=3)",
    "rng.random((2, 2))", "rng.integers(0, 5, size=4)", "rng.standard_normal((2, 1))", "rng.uniform(0, 1, 3)",
    "rng.random()", "rng.choice(c, size=2)", "rng.integers(3)", "np.random.exponential(1.0, 3)",
    "np.random.binomial(1, 0.5, 6)", "datasets.make_regression(20, 4)[0]",
    "datasets.make_regression(n_samples=20, n_features=4)[1]", "datasets.make_regression(20, 4, n_targets=2)[1]",
    "datasets.make_classification(n_samples=20)[0]", "b @ a", "a.T @ b", "datasets.make_moons(10)[0]",
    "datasets.make_moons(10)[1]", "datasets.make_circles(n_samples=10)[1]", "a @ a.T", "b @ b",
    "datasets.load_diabetes().data", "datasets.load_diabetes()['target']", "datasets.load_iris(return_X_y=True)[1]",
    "np.array([a[0], a[1]])", "np.array([b[i] for i in range(n)])", "np.array([a[i:i + 2] for i in range(n)])",
    "df.pop('y')", "a + b[:, None]", "a + b.reshape(-1, 1)", "b[:, None] + b", "a * a", "a[0] + a",
    "df['x'] + df['y']", "df['x'] * b", "b * df['x']", "df[['x', 'y']] - 1", "df['x'] > 0", "df[df['x'] > 0]",
    "df[df['x'] > 0]['y'].values", "df / df['x']", "df[[c for c in df.columns if c != 'x']]", "df * a[:, :2]",
    "df - df.mean()", "c / 2", "c + 0.5", "c * 2", "c // 2", "np.float32(1) * b", "np.meshgrid(b, b)",
    "df.iloc[0].values", "df.iloc[0]['x']", "df['x'].iloc[0]", "df['x'][0]", "b.astype(np.float32) * 2.0",
    "c.astype(np.float32) / 3", "df['x'].astype('float32').to_numpy()",
)  # fmt: skip
NAMES = {"np": np, "pd": pd, "datasets": datasets, "model_selection": model_selection, "preprocessing": preprocessing}


def _is_so(said: Value, real: object) -> bool:
    """Whether what is said of a value holds for the real one."""
    if isinstance(said, UnknownNumber | Cell):
        return np.ndim(real) == 0
    if not isinstance(said, Array):
        return True
    kind = pd.DataFrame if isinstance(said, Table) else pd.Series if isinstance(said, Column) else np.ndarray
    sizes = getattr(real, "shape", ())
    alike = len(sizes) == len(said.shape) and all(
        size == dim for size, dim in zip(sizes, said.shape, strict=True) if isinstance(dim, int)
    )
    dtype = said.dtype is None or str(getattr(real, "dtype", "")) == said.dtype
    return isinstance(real, kind) and alike and dtype


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("written", [*CALLS, "items", "others"])
def test_what_is_said_holds(written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("x,y,k\n1,0.5,1\n2,0.1,2\n0,1.5,1\n4,0.7,3\n5,0.2,2\n6,0.3,1\n")
    if written == "items":
        given = [f"{name}[{index}]" for name, index in product(ARRAYS, INDICES)]
    elif written == "others":
        given = list(OTHERS)
    else:
        given = [written.format(name, name) for name in ARRAYS]
    before = "".join(START.rpartition("look =")[0].replace("from torch import nn\n", ""))
    wrong: list[object] = []
    known = 0
    for one in given:
        facts = interpret(ast.parse(f"{START}\nlook({one})\n"))
        said = next(fact.inputs[0] for fact in facts.of(Forward))
        names = dict(NAMES)
        exec(before, names)
        try:
            real = eval(one, names)
        except Exception:  # noqa: BLE001
            continue
        known += isinstance(said, Array | UnknownNumber | Cell)
        if not _is_so(said, real):
            wrong.append(
                (one, type(said).__name__, getattr(said, "shape", ()), getattr(said, "dtype", ""), np.shape(real))
            )
    assert wrong == []
    assert known > 0
