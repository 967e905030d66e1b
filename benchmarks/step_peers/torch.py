"""PyTorch as its users write it: nn modules, torch.optim, eager (torch.compile needs a C++ compiler)."""

import torch

from step_peers import workloads

VERSION = torch.__version__


def gradient():
    x, w = map(torch.from_numpy, workloads.gradient_arrays())
    w.requires_grad_()

    def step():
        return torch.autograd.grad((torch.sin(x @ w) ** 2).sum(), w)[0].numpy()

    return step


def _network(sizes):
    arrays = [torch.from_numpy(array) for array in workloads.weights(sizes)]
    modules = []
    for kernel, bias in zip(arrays[::2], arrays[1::2]):
        linear = torch.nn.Linear(*kernel.shape)
        linear.weight.data, linear.bias.data = kernel.T.contiguous(), bias
        modules += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def _train(sizes):
    model, loss_of, adam = _network(sizes), torch.nn.CrossEntropyLoss(), workloads.ADAM
    optimizer = torch.optim.Adam(model.parameters(), adam["rate"], (adam["beta_1"], adam["beta_2"]), adam["epsilon"])

    def train(x, y):
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return train


def train(sizes, batch):
    step = _train(sizes)
    x, y = map(torch.from_numpy, workloads.samples(sizes, batch))
    y = y.long()
    return lambda: step(x, y)


def fit(sizes, batch):
    step = _train(sizes)
    return workloads.fit_step(lambda x, y: step(torch.from_numpy(x), torch.from_numpy(y).long()), sizes, batch)


def predict(sizes):
    model = _network(sizes).eval()
    x, _ = workloads.samples(sizes, 1)

    def step():
        with torch.inference_mode():
            return model(torch.from_numpy(x)).numpy()

    return step


def elementwise():
    x = torch.from_numpy(workloads.elementwise_array()).requires_grad_()

    def step():
        y = x
        for _ in range(workloads.ELEMENTWISE_REPEATS):
            y = y * 0.5
            y = y + 0.1
            y = torch.tanh(y)
            y = y * x
            y = torch.exp(y)
        value = y.mean()
        return value.item(), torch.autograd.grad(value, x)[0]

    return step


def _vector_function():
    A, B, x, v = map(torch.from_numpy, workloads.vector_arrays())
    return lambda x: torch.tanh(A @ x) * x + torch.sin(B @ x), x, v


def hessian_product():
    g, x, v = _vector_function()
    grad = torch.func.grad(lambda x: (g(x) ** 2).sum())
    source = x.clone().requires_grad_()

    def double_backward():
        first = torch.autograd.grad((g(source) ** 2).sum(), source, create_graph=True)[0]
        return torch.autograd.grad(first, source, v)[0].numpy()

    return {"autograd.grad twice": double_backward,
            "func.jvp(grad)": lambda: torch.func.jvp(grad, (x,), (v,))[1].numpy()}


def jacobian():
    g, x, _ = _vector_function()
    jacrev = torch.func.jacrev(g)
    return {"autograd.functional": lambda: torch.autograd.functional.jacobian(g, x, vectorize=True).numpy(),
            "func.jacrev": lambda: jacrev(x).numpy()}


def chain():
    x = torch.from_numpy(workloads.chain_array()).requires_grad_()

    def step():
        y = x
        for _ in range(workloads.CHAIN_OPS // 2):
            y = y * 0.9999
            y = y + 0.0001
        return torch.autograd.grad(y.sum(), x)[0].numpy()

    return step
