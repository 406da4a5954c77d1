import assert from "node:assert/strict";
import { imageCommands } from "../../tools/lib/clusters";

describe("the images of npm start", () => {
  const images = ["localhost/app-go:1.0.0", "localhost/app-go:1.0.0", "registry.example/shop/cart:2.1.0"];

  it("are loaded already on a local cluster", () => {
    assert.deepEqual(imageCommands("stateful-apps-local", images), []);
  });

  it("are built and loaded once for kind, where no registry has them", () => {
    assert.deepEqual(imageCommands("kind-lab", images), [
      ["docker", "build", "--tag", "localhost/app-go:1.0.0", "apps/go"],
      ["kind", "load", "docker-image", "--name", "lab", "localhost/app-go:1.0.0"],
    ]);
  });

  it("are built inside minikube", () => {
    assert.deepEqual(imageCommands("minikube", images), [
      ["minikube", "image", "build", "--tag", "localhost/app-go:1.0.0", "apps/go"],
    ]);
  });

  it("must have a registry for any other cluster", () => {
    assert.throws(() => imageCommands("cloud", images), /localhost\/app-go:1\.0\.0 exists only on this machine/);
    assert.deepEqual(imageCommands("cloud", ["registry.example/shop/cart:2.1.0"]), []);
  });

  it("are refused where there is nothing to build them from", () => {
    assert.throws(
      () => imageCommands("kind-lab", ["localhost/app-none:1"]),
      /cannot be built: there is no folder apps\/none/,
    );
  });
});
