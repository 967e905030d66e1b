"""The networks of the examples on real data as the users of each framework write and train them, a module a framework.

`mnist_cnn`, `char_lstm` and `char_transformer` start from the weights given, arrays in the order in which the example's
model has them, and give two functions: `fit(x, y, batch_size)` goes once over the samples in their order and gives the
mean of their losses, each before the update of its batch; `evaluate(x, y, batch_size)` gives {"loss": ...}, and the
accuracy where the example reports it.
"""
