"""The other side of test_torchvision.cpp.

save DIR:  torchvision's networks with random weights and batch norms far from the identity, each as NAME.pt (a dictionary of
           tensors), NAME.ordered.pt (state_dict() as it is) and NAME.script.pt (TorchScript), and io.pt with an input and
           everybody's logits for it.
run DIR:   exported.pt on the tensor "crops" of io.pt; leaves its logits in logits.pt.
Exits with 77 without torch or torchvision.
"""
import sys

try:
    import torch
    import torchvision
except ImportError:
    sys.exit(77)


def unsettled(network):
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.weight.data, module.running_var):
                tensor.uniform_(0.6, 1.4)
            for tensor in (module.bias.data, module.running_mean):
                tensor.uniform_(-0.2, 0.2)
    return network.eval()


def save(directory):
    torch.manual_seed(1)
    models = torchvision.models
    networks = {"resnet18-1": models.resnet18(), "mobilenet_v2-1": models.mobilenet_v2(), "mobilenet_v2-0.5": models.mobilenet_v2(width_mult=0.5),
                "shufflenet_v2-1": models.shufflenet_v2_x1_0(), "shufflenet_v2-0.5": models.shufflenet_v2_x0_5()}
    values = {"input": torch.randn(2, 3, 224, 224)}
    for name, network in networks.items():
        unsettled(network)
        torch.save(dict(network.state_dict()), f"{directory}/{name}.pt")
        torch.save(network.state_dict(), f"{directory}/{name}.ordered.pt")
        torch.jit.script(network).save(f"{directory}/{name}.script.pt")
        with torch.no_grad():
            values[name] = network(values["input"])
    torch.save(values, f"{directory}/io.pt")


def run(directory):
    module = torch.jit.load(f"{directory}/exported.pt")
    assert module.classes == ["car", "bus", "sign"] and module.input_size == 32 and module.standardises
    with torch.no_grad():
        crops = torch.load(f"{directory}/io.pt")["crops"]
        torch.save({"crops": crops, "logits": module(crops)}, f"{directory}/logits.pt")  # libtorch reads no dictionary of one


torch.set_num_threads(1)
{"save": save, "run": run}[sys.argv[1]](sys.argv[2])
