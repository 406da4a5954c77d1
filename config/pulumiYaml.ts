import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { yamlScalar, type YamlScalar } from "./yamlScalar";
import { offsetOf, syntaxProblems, unreadableCharacter } from "./yamlSyntax";

/*
 * Reads a YAML document as Pulumi does. What Pulumi refuses, or reads in a way that nobody expects, is refused.
 * https://github.com/go-yaml/yaml/blob/v3.0.1/decode.go
 */

type Path = (string | number)[];

/** What Pulumi passes on as something other than the text that is written. */
export interface Alteration {
  /** With the names as Pulumi reads them. */
  path: Path;
  written: string;
  /** A `name` or a `value` has no quotes: 022, 1.5, True, 2024-10-01. A `text` begins with a line break, which is lost. */
  of: "name" | "value" | "text";
}

export interface PulumiYaml {
  /** A number that JavaScript cannot hold is a bigint. */
  value: unknown;
  alterations: Alteration[];
}

type Refuse = (problem: string, offset: number) => never;

/** Throws an error that says what cannot be read, and in which line. */
export function readPulumiYaml(text: string): PulumiYaml {
  const refuse: Refuse = (problem, offset) => {
    throw new Error(`line ${String(text.slice(0, offset).split("\n").length)}: ${problem}`);
  };
  const unreadable = text.search(unreadableCharacter);
  if (unreadable >= 0) refuse("contains a character that must be written as an escape in double quotes", unreadable);
  // All scalars are text here. What they are is decided by `yamlScalar`.
  const document = parseDocument(text, { schema: "failsafe", prettyErrors: false });
  for (const { problem, offset } of syntaxProblems(document, text)) refuse(problem, offset);
  return new Reader(text, document, refuse).read();
}

/** More nodes than Pulumi can pass to a program. Aliases can multiply what they refer to. */
const maxNodes = 100_000;

class Reader {
  private readonly alterations: Alteration[] = [];
  /** What the aliases refer to that are being read. */
  private readonly entered = new Set<Node>();
  private readonly targets = new Map<Alias, Node>();
  private nodes = 0;

  constructor(
    private readonly source: string,
    private readonly document: Document.Parsed,
    private readonly refuse: Refuse,
  ) {}

  read(): PulumiYaml {
    return { value: this.value(this.document.contents, []), alterations: this.alterations };
  }

  private value(node: Node | null, path: Path): unknown {
    if (++this.nodes > maxNodes) this.refuse("contains too many aliases", 0);
    if (isAlias(node)) return this.follow(node, (target) => this.value(target, path));
    if (isSeq<Node>(node)) {
      return node.items.map((item, i) => this.value(item, [...path, i]));
    }
    if (isMap<Node, Node | null>(node)) {
      const values = new Map<string, Node | null>();
      for (const [name, value] of this.entries(node, path)) if (!values.has(name)) values.set(name, value);
      return Object.fromEntries([...values].map(([name, value]) => [name, this.value(value, [...path, name])]));
    }
    const { value, isAsWritten, written } = this.scalar(node);
    if (!isAsWritten) this.alterations.push({ path, written, of: "value" });
    // Pulumi writes the file again and reads that, which loses the first line break of a text.
    if (value !== written || !written.startsWith("\n")) return value;
    this.alterations.push({ path, written, of: "text" });
    return written.slice(1);
  }

  /** The entries of a map, and after them those of the maps that it merges. The first one of a name counts. */
  private entries(map: YAMLMap<Node, Node | null>, path: Path, isMerged = false): [string, Node | null][] {
    const merges = map.items.flatMap(({ key, value }) => (isMerge(key) ? [value] : []));
    const own = map.items.filter(({ key }) => !isMerge(key));
    return [
      ...own.map(({ key, value }): [string, Node | null] => [
        this.name(key, path, isMerged || merges.length > 0),
        value,
      ]),
      ...merges.flatMap((value) =>
        isSeq<Node>(value) ? value.items.flatMap((item) => this.merged(item, path)) : this.merged(value, path),
      ),
    ];
  }

  private merged(node: Node | null, path: Path): [string, Node | null][] {
    if (isAlias(node)) return this.follow(node, (target) => this.merged(target, path));
    return isMap<Node, Node | null>(node)
      ? this.entries(node, path, true)
      : this.refuse("<< requires a map or a list of maps", offsetOf(node));
  }

  private name(key: Node | null, path: Path, mustBeText: boolean): string {
    const { value, isAsWritten, written } = this.scalar(key);
    if (value === null && written === "") this.refuse("a name is missing", offsetOf(key));
    const isText = typeof value === "string" && isAsWritten;
    // Pulumi writes the file again and reads that, which loses these quotes, and line breaks.
    if (isText && /^<<$|\n/.test(value))
      this.refuse(`${JSON.stringify(value)} is not supported as a name`, offsetOf(key));
    if (!isText && mustBeText) this.refuse(`the name ${written} of a merged map must be in quotes`, offsetOf(key));
    const name = value === null ? "<nil>" : String(value);
    if (!isAsWritten || value === null) this.alterations.push({ path: [...path, name], written, of: "name" });
    return name;
  }

  private scalar(node: Node | null): YamlScalar & { written: string } {
    if (node === null) return { value: null, isAsWritten: true, written: "" };
    if (!isScalar<string>(node)) return this.refuse("a name must be text", offsetOf(node));
    const written = this.text(node);
    if (/\p{Surrogate}/u.test(written)) this.refuse("contains half of a character", offsetOf(node));
    if (/^[\t\x85\u2028\u2029][^]*\n/.test(written))
      this.refuse("text of several lines must not begin with a tab or a separator", offsetOf(node));
    if (node.type !== "PLAIN" || node.tag !== undefined) return { value: written, isAsWritten: true, written };
    const scalar = yamlScalar(written);
    if (typeof scalar.value === "number" && !Number.isFinite(scalar.value)) {
      this.refuse(`${written} is a number that Pulumi cannot pass on`, offsetOf(node));
    }
    return { ...scalar, written };
  }

  /** The text of a scalar. A block at the end of the file has no last line break if the file has none. */
  private text({ value, type, range }: Scalar<string>): string {
    const isAtEnd =
      type?.startsWith("BLOCK") === true && range?.[1] === this.source.length && !/\n[ \t]*$/.test(this.source);
    return isAtEnd ? value.replace(/\n$/, "") : value;
  }

  private follow<T>(alias: Alias, use: (target: Node) => T): T {
    const target = this.targets.get(alias) ?? alias.resolve(this.document);
    if (target === undefined) return this.refuse(`*${alias.source} refers to nothing`, offsetOf(alias));
    this.targets.set(alias, target);
    if (this.entered.has(target)) this.refuse(`*${alias.source} refers to itself`, offsetOf(alias));
    this.entered.add(target);
    const result = use(target);
    this.entered.delete(target);
    return result;
  }
}

const isMerge = (key: Node | null) => isScalar(key) && key.type === "PLAIN" && key.value === "<<" && !key.tag;
