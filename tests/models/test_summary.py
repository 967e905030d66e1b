"""The table of layers."""

import pytest

import minikeras as mk
from minikeras import layers, ops

CHAIN = '''Model: "net"
┏━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┳━━━━━━━━━━┓
┃ Layer (type)       ┃ Output Shape  ┃  Param # ┃
┡━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━╇━━━━━━━━━━┩
│ flat (Flatten)     │ (None, 12)    │        0 │
├────────────────────┼───────────────┼──────────┤
│ hidden (Dense)     │ (None, 5)     │       65 │
├────────────────────┼───────────────┼──────────┤
│ out (Dense)        │ (None, 2)     │       12 │
└────────────────────┴───────────────┴──────────┘
 Total params: 77 (308.00 B)
 Trainable params: 12 (48.00 B)
 Non-trainable params: 65 (260.00 B)
'''


def net():
    return mk.Sequential([mk.Input((3, 4)), layers.Flatten(name="flat"), layers.Dense(5, name="hidden"),
                          layers.Dense(2, name="out")], name="net")


def network():
    x = mk.Input((4,), name="x")
    shared = layers.Dense(4, name="shared")
    return mk.Model(x, ops.add(shared(x), net_of(shared(shared(x)))), name="network")


def net_of(x):
    inside = mk.Input((4,), name="inside")
    return mk.Model(inside, layers.Dense(4, name="deep")(inside), name="nested")(x)


def cells(model, **options):
    lines = []
    model.summary(line_length=150, print_fn=lines.append, **options)
    return [[cell.strip() for cell in line.strip("│┃").split("│")] for line in lines[0].splitlines() if "│" in line]


def test_a_chain_has_three_columns_and_totals(capsys):
    model = net()
    model.get_layer("hidden").trainable = False
    model.summary(line_length=49)
    assert capsys.readouterr().out == CHAIN


def test_a_network_tells_its_connections():
    assert cells(network()) == [
        ["x (InputLayer)", "(None, 4)", "0", "-"],
        ["shared (Dense)", "(None, 4)", "20", "x[0][0], x[0][0], shared[1][0]"],
        ["nested (Functional)", "(None, 4)", "20", "shared[2][0]"],
        ["add (Add)", "(None, 4)", "0", "shared[0][0], nested[0][0]"]]


def test_layers_inside_models_may_be_shown():
    shown = [row[0] for row in cells(network(), expand_nested=True)]
    assert shown[2:5] == ["nested (Functional)", "└ inside (InputLayer)", "└ deep (Dense)"]


def test_what_is_trained_may_be_shown():
    model = net()
    model.get_layer("hidden").trainable = False
    assert [row[-1] for row in cells(model, show_trainable=True)] == ["-", "N", "Y"]


def test_a_range_of_layers_may_be_shown():
    assert [row[0] for row in cells(net(), layer_range=("hid.*", "out"))] == ["hidden (Dense)", "out (Dense)"]


def test_an_unbuilt_model_says_so():
    assert cells(mk.Sequential([layers.Dense(3, name="d")])) == [["d (Dense)", "?", "0 (unbuilt)"]]


def test_the_state_of_a_used_optimizer_counts():
    model = net()
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    lines = []
    model.summary(print_fn=lines.append)
    assert " Total params: 233 (" in lines[0] and " Optimizer params: 156 (" in lines[0]     # 2 x 77 + 2 counters


@pytest.mark.parametrize(("options", "message"), [
    ({"line_length": 20}, "leaves no room for 3 columns"),
    ({"positions": [0.5, 1.0]}, "3 columns need as many positions"),
    ({"layer_range": ("no", "out")}, "no layer of net fits"),
])
def test_options_that_cannot_be(options, message):
    with pytest.raises(ValueError, match=message):
        net().summary(**options)
