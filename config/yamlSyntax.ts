import { type Alias, type Document, isAlias, isCollection, isMap, isScalar, isSeq, type Node, visit } from "yaml";

/*
 * What Pulumi reads in another way than the package `yaml`, or not at all.
 * https://github.com/go-yaml/yaml/blob/v3.0.1/scannerc.go
 */

/** What Go does not read, and what it takes for the end of a line. */
export const unreadableCharacter =
  /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|(?<!^)\ufeff|\r(?!\n)|\p{Surrogate}/u;

export const offsetOf = (node: Node | null) => node?.range?.[0] ?? 0;

interface Problem {
  problem: string;
  offset: number;
}

export function syntaxProblems(document: Document.Parsed, text: string): Problem[] {
  const problems: Problem[] = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    problem: message,
    offset: pos[0],
  }));
  const { yaml, tags } = document.directives;
  if (yaml.explicit === true || Object.keys(tags).length > 1) {
    problems.push({ problem: "contains a directive, which is not supported", offset: 0 });
  }
  visit(document, {
    Node: (_, node, parents) => {
      const isInBrackets = parents.some((parent) => isCollection(parent) && parent.flow);
      const name = isAlias(node) ? node.source : (node.anchor ?? "");
      const problem = /[^\w-]/.test(name)
        ? `the anchor ${name} must consist of letters, digits, dashes and underscores`
        : isAlias(node)
          ? undefined
          : nodeProblem(node, text, isInBrackets);
      if (problem !== undefined) problems.push({ problem, offset: offsetOf(node) });
    },
  });
  return problems;
}

function nodeProblem(node: Exclude<Node, Alias>, text: string, isInBrackets: boolean): string | undefined {
  const kind = isMap(node) ? "map" : isSeq(node) ? "seq" : "str";
  if (node.tag !== undefined && node.tag !== `tag:yaml.org,2002:${kind}`) return `the tag ${node.tag} is not supported`;
  if (!isScalar<string>(node)) return undefined;
  if (node.tag !== undefined && node.value === "") return "a tag requires a value";
  const [start, end] = node.range ?? [0, 0];
  const hasEscapedSlash = /^(?:[^\\]|\\[^/])*\\\//.test(text.slice(start, end));
  if (node.type === "QUOTE_DOUBLE" && hasEscapedSlash) return "\\/ is not an escape";
  if (node.type !== "PLAIN" || !isInBrackets) return undefined;
  if (/\?|^:/.test(node.value)) return `${node.value} must be in quotes`;
  return /^:[,[\]{}]/.test(text.slice(end, end + 2)) ? "a colon must be followed by a space" : undefined;
}
