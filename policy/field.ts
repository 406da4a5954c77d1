/** What a preview does not know yet, because it follows from a resource that is not created yet. */
export const unknown = Symbol("unknown");

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A field of an object, which may not be there. */
export class Field {
  private constructor(
    private readonly pathKeys: (string | number)[],
    readonly value: unknown,
  ) {}

  /** An object as the engine passes it to a policy: to read a value that is unknown is an error. */
  static of(object: Record<string, unknown>): Field {
    return new Field([], known(object));
  }

  /** As `kubectl explain` and Pulumi write it: `spec.containers[0].image`. */
  get path(): string {
    return this.pathKeys
      .map((key, i) => (typeof key === "number" ? `[${String(key)}]` : i > 0 ? `.${key}` : key))
      .join("");
  }

  /** Whether the field has a value, which may be unknown. */
  get isSet(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** The field that is reached by these keys. In a map that is unknown, each field is unknown. */
  get(...keys: string[]): Field {
    return keys.reduce<Field>((field, key) => new Field([...field.pathKeys, key], valueIn(field.value, key)), this);
  }

  /** The items of a list, or none if it is unknown. */
  items(): Field[] {
    return Array.isArray(this.value) ? this.value.map((item, i) => new Field([...this.pathKeys, i], item)) : [];
  }

  /** The value if it is a text. */
  get text(): string | undefined {
    return typeof this.value === "string" ? this.value : undefined;
  }

  /** The keys of a map, or none if it is unknown. */
  keys(): string[] {
    return isMap(this.value) ? Object.keys(this.value) : [];
  }
}

function valueIn(map: unknown, key: string): unknown {
  if (map === unknown) return unknown;
  return isMap(map) && Object.hasOwn(map, key) ? map[key] : undefined;
}

/** A copy that has `unknown` in the places of what is unknown. */
function known(value: unknown): unknown {
  const read = (key: string | number) => {
    try {
      return known((value as Record<string | number, unknown>)[key]);
    } catch {
      return unknown;
    }
  };
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, i) => read(i));
  return isMap(value) ? Object.fromEntries(Object.keys(value).map((key) => [key, read(key)])) : value;
}
