/*
 * A transpiler for ts-node that keeps its results. The tests run the program hundreds of times, and a third of the CPU
 * time would go into the same transpilation.
 */
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const typescript = require("typescript");

const folder = join(dirname(require.resolve("typescript/package.json")), "../.cache/stateful-apps");

exports.create = ({ service }) => {
  const compilerOptions = service.config.options;
  mkdirSync(folder, { recursive: true });
  return {
    transpile(input, { fileName }) {
      const key = JSON.stringify([typescript.version, compilerOptions, fileName, input]);
      const path = join(folder, createHash("sha256").update(key).digest("hex"));
      try {
        return JSON.parse(readFileSync(path, "utf8"));
      } catch {
        const { outputText, sourceMapText } = typescript.transpileModule(input, { fileName, compilerOptions });
        // Others read and write here at the same time.
        const partial = `${path}.${process.pid}`;
        writeFileSync(partial, JSON.stringify({ outputText, sourceMapText }));
        renameSync(partial, path);
        return { outputText, sourceMapText };
      }
    },
  };
};
