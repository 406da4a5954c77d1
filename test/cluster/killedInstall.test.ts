import { testKills } from "./killedStack";

describe("recover, after the engine was killed while it made everything", function () {
  this.timeout("20m");
  testKills("killed-install", (stack) => stack.destroy());
});
