import { testKills } from "./killedStack";

describe("recover, after the engine was killed in the middle of a change", function () {
  this.timeout("20m");
  testKills("killed-update", () => Promise.resolve());
});
