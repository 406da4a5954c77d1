/*
 * `node --require ./tools/bundle.cjs FILE.ts` runs a TypeScript program as one file, in which all packages are but those of
 * Pulumi: Node reads one file several times faster than the hundreds of the Kubernetes client. The file is kept, and built
 * again when a source has changed. Types are not checked: that is the work of `npm test`.
 */
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require("node:fs");
const { createRequire, SourceMap, wrap } = require("node:module");
const { dirname, join, resolve } = require("node:path");
const { Script } = require("node:vm");

const root = dirname(__dirname);
const folder = join(root, "node_modules/.cache/stateful-apps");

// The SDK loads them for resources whose code is a function of the program, of which there are none here. That is half of
// the time that the SDK takes to load.
for (const name of ["@npmcli/arborist", "typescript"]) loadAtFirstUse(name);

function loadAtFirstUse(name) {
  const file = createRequire(require.resolve("@pulumi/pulumi")).resolve(name);
  let loaded;
  const load = () => {
    if (loaded === undefined) {
      require.cache[file] = undefined;
      loaded = require(file);
    }
    return loaded;
  };
  const get = (_, property) => {
    // What the SDK's code asks before it uses a package.
    if (property === "__esModule") return true;
    return property === "default" ? load() : load()[property];
  };
  require.cache[file] = { id: file, filename: file, loaded: true, exports: new Proxy({}, { get }) };
}

require.extensions[".ts"] = (module, file) => {
  // The SDK takes a stack for each promise, and source-map-support would look for maps of all files in each of them.
  Error.prepareStackTrace = undefined;
  const { code, map } = kept(file) ?? built(file);
  const mapped = (error) => {
    if (error instanceof Error && error.stack) error.stack = inSources(error.stack, file, map());
  };
  process.on("uncaughtExceptionMonitor", mapped);
  process.on("unhandledRejection", (error) => {
    mapped(error);
    // A listener keeps Node from ending with the error.
    if (process.listenerCount("unhandledRejection") === 1) throw error;
  });
  const cachedData = keptMachineCode(file, code);
  const script = new Script(wrap(code), { filename: file, cachedData });
  if (script.cachedDataRejected !== false) {
    // By then, V8 has compiled all functions that such a run needs.
    process.once("exit", () => keep(file, { cache: Buffer.concat([firstLine(code), script.createCachedData()]) }));
  }
  script.runInThisContext().call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
};

/** The first line of a bundle has the versions of its sources after this. */
const comment = "// ";

const firstLine = (code) => Buffer.from(code.slice(0, code.indexOf("\n") + 1));

/** What V8 has made of a bundle. It would take that of any code of the same length. */
function keptMachineCode(file, code) {
  try {
    const line = firstLine(code);
    const found = readFileSync(keptAt(file, "cache"));
    return line.equals(found.subarray(0, line.length)) ? found.subarray(line.length) : undefined;
  } catch {
    return undefined;
  }
}

/** The bundle of a program; undefined if there is none, or a source has changed since it was built. */
function kept(file) {
  try {
    const code = readFileSync(keptAt(file, "js"), "utf8");
    const sources = JSON.parse(code.slice(comment.length, code.indexOf("\n")));
    if (!Object.entries(sources).every(([source, version]) => versionOf(source) === version)) return undefined;
    return { code, map: () => readFileSync(keptAt(file, "map"), "utf8") };
  } catch {
    return undefined;
  }
}

function built(file) {
  const { buildSync, formatMessagesSync } = require("esbuild");
  const options = {
    absWorkingDir: root,
    entryPoints: [file],
    bundle: true,
    external: ["@pulumi/*"],
    platform: "node",
    target: `node${process.versions.node}`,
    write: false,
    outfile: join(dirname(file), "bundle.js"),
    sourcemap: "external",
    metafile: true,
    logLevel: "silent",
  };
  try {
    const { outputFiles, metafile } = buildSync(options);
    const [map, code] = outputFiles.map(({ text }) => text);
    const sources = Object.keys(metafile.inputs).map((source) => [join(root, source), versionOf(join(root, source))]);
    const bundle = { js: `${comment}${JSON.stringify(Object.fromEntries(sources))}\n${code}`, map: map };
    keep(file, bundle);
    return { code: bundle.js, map: () => bundle.map };
  } catch (error) {
    if (!error.errors) throw error;
    throw new SyntaxError(formatMessagesSync(error.errors, { kind: "error" }).join(""));
  }
}

const versionOf = (source) => {
  const { mtimeMs, size } = statSync(source);
  return `${mtimeMs} ${size}`;
};

const keptAt = (file, extension) => {
  const builder = [process.version, versionOf(__filename), versionOf(require.resolve("esbuild/package.json"))];
  const digest = createHash("sha256")
    .update(JSON.stringify([file, builder]))
    .digest("hex");
  return join(folder, `${digest.slice(0, 16)}.${extension}`);
};

function keep(file, bundle) {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [extension, text] of Object.entries(bundle)) {
      const path = keptAt(file, extension);
      writeFileSync(`${path}.${process.pid}`, text);
      // Other runs read and write it at the same time.
      renameSync(`${path}.${process.pid}`, path);
    }
  } catch {
    // The next run builds it again.
  }
}

/** A stack trace with the lines of the sources instead of those of the bundle. */
function inSources(stack, file, map) {
  const sourceMap = new SourceMap(JSON.parse(map));
  return stack.replaceAll(/([^\s(]+):(\d+):(\d+)/g, (place, path, line, column) => {
    if (path !== file) return place;
    const { originalSource, originalLine, originalColumn } = sourceMap.findEntry(line - 2, column - 1);
    if (originalSource === undefined) return place;
    return `${resolve(dirname(file), originalSource)}:${originalLine + 1}:${originalColumn + 1}`;
  });
}
