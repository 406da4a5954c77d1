import assert from "node:assert/strict";
import { sizeWarning } from "../../config/size";

describe("the size of a config", () => {
  it("is reported before Pulumi cannot pass it any more, with what takes most of it", () => {
    assert.equal(sizeWarning({ "shop:configMaps": "x".repeat(99 * 1024) }), undefined);
    const config = {
      "shop:apps": "x".repeat(30 * 1024),
      "shop:configMaps": "ä".repeat(40 * 1024),
      "shop:replicas": "2",
    };
    assert.match(
      sizeWarning(config) ?? "",
      /^The config of the stack has 111 KiB, .* 128 KiB .* are shop:configMaps \(81 KiB\), shop:apps \(31 KiB\), shop:replicas \(1 KiB\)\. Put long texts into files/,
    );
  });
});
