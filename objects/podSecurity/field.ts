import type { Mistake } from "../../schema/mistakes";

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A field of an object, which may not be there. Users write Kubernetes' own fields, so that a value can be anything. */
export class Field {
  constructor(
    readonly path: Mistake["path"],
    readonly value: unknown,
  ) {}

  get isSet(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** The field that is reached by these keys. */
  get(...keys: string[]): Field {
    return keys.reduce<Field>(
      ({ path, value }, key) =>
        new Field([...path, key], isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined),
      this,
    );
  }

  /** The fields of a map, or none. */
  fields(): { key: string; field: Field }[] {
    return isMap(this.value) ? Object.keys(this.value).map((key) => ({ key, field: this.get(key) })) : [];
  }

  /** The items of a list, or none. */
  items(): Field[] {
    return Array.isArray(this.value) ? this.value.map((item: unknown, i) => new Field([...this.path, i], item)) : [];
  }

  /** A mistake that shows the value, if there is one. */
  mistake(problem: string): Mistake {
    return { path: this.path, value: this.value ?? undefined, problem };
  }
}
