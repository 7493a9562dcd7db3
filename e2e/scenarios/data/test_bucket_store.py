"""A store in a bucket: bytes by their digest, written once; a service serves from it."""

from __future__ import annotations

from cluster.kubectl import condition, dig
from demo import objects
from scenarios import light
from scenarios.bad_input.scene import JOBS, SERVICES, VERSIONS
from scenarios.data.conftest import NAMESPACE, World
from scenarios.manifests import inference_service, shell


def serve(world: World, model: str) -> None:
    container = {"image": objects.IMAGE, "args": light.SERVE, "resources": objects.BUSY}
    world.cluster.apply(inference_service(NAMESPACE, model, container=container))


def test_model_in_a_bucket(world: World) -> None:
    world.train("kept", data=[], train=shell(light.TRAIN), parameters={"n": "1"})
    serve(world, "kept")
    world.recorders[JOBS].until("kept", "its run is done", lambda j: dig(j, "status.result") == "VersionReady")
    version = world.cluster.get(VERSIONS, "kept-v1", NAMESPACE)
    hexadecimal = dig(version, "spec.artifact.digest").removeprefix("sha256:")
    assert dig(version, "spec.artifact.uri") == f"s3://models/store/kept/sha256/{hexadecimal}"
    uid = dig(world.cluster.get(JOBS, "kept", NAMESPACE), "metadata.uid")
    assert world.s3.objects("models", "store/kept/") == [
        f"store/kept/runs/{uid}-1/a1/result.json",
        f"store/kept/sha256/{hexadecimal}.manifest.json",
        f"store/kept/sha256/{hexadecimal}/parameters.json",
    ]
    serving = world.recorders[SERVICES].until("kept", "it serves", lambda s: dig(s, "status.stable.version") == "kept-v1")
    world.recorders[SERVICES].until("kept", "it answers", lambda s: condition(s, "Available").get("status") == "True", after=serving)


def test_same_bytes_again(world: World) -> None:
    """The same run asked for twice stores nothing new but its result."""
    before = set(world.s3.objects("models", "store/kept/"))
    world.train("kept", data=[], train=shell(light.TRAIN), parameters={"n": "1"}, run="again")
    world.recorders[JOBS].until("kept", "run 2 is done", lambda j: dig(j, "status.settled.run") == 2)
    uid = dig(world.cluster.get(JOBS, "kept", NAMESPACE), "metadata.uid")
    assert set(world.s3.objects("models", "store/kept/")) - before == {f"store/kept/runs/{uid}-2/a1/result.json"}
