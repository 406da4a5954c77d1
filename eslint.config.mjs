import pulumi from "@pulumi/eslint-plugin";
import { defineConfig } from "eslint/config";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** From the top down: each imports only from those below it (docs/architecture.md). */
const layers = [
  "bench",
  "test",
  "policy",
  "tools",
  "index.ts",
  "stack",
  "components",
  "config",
  "live",
  "objects",
  "schema",
];
const zones = [
  ...layers.slice(1).map((layer, i) => ({
    target: `./${layer}`,
    from: layers.slice(0, i + 1).map((above) => `./${above}`),
    message: `${layer} is below that folder.`,
  })),
  {
    target: "./policy",
    from: layers.filter((layer) => layer !== "policy").map((layer) => `./${layer}`),
    message: "policy judges the program and imports nothing from it.",
  },
];

export default defineConfig(
  { ignores: ["node_modules/", "eslint.config.mjs"] },
  tseslint.configs.strictTypeChecked,
  {
    files: ["**/*.ts"],
    plugins: { "@pulumi": pulumi, "import-x": importX },
    settings: {
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".json"] })],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts"] },
    },
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "import-x/no-cycle": "error",
      "import-x/no-restricted-paths": ["error", { zones }],
      "@pulumi/no-output-in-template-literal": "error",
      "@pulumi/no-output-instance-in-template-literal": "error",
      "@typescript-eslint/no-deprecated": "error",
      // The Kubernetes client's models are classes in name only: they are data, without methods.
      "@typescript-eslint/no-misused-spread": "off",
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // A rest that leaves properties out is how they are left out.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
    },
  },
  {
    // Plain JavaScript: without types, and without a compiler that misses a name.
    files: ["apps/**/*.mjs", "tools/**/*.cjs"],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        AbortController: false,
        Buffer: false,
        console: false,
        performance: false,
        process: false,
        setTimeout: false,
        URL: false,
      },
    },
    rules: { "no-undef": "error" },
  },
  {
    files: ["**/*.cjs"],
    languageOptions: {
      sourceType: "commonjs",
      globals: { exports: false, require: false, __dirname: false, __filename: false },
    },
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
);
