/** Walks through Universal Binary JSON as XGBoost writes it, without building the document. */

/** Numbers of one type that lie side by side in the file. */
export interface Numbers {
  readonly length: number;
  at(index: number): number;
}

/** Told about what is passed; all else is skipped. */
export interface Visitor {
  /** An array of numbers of one type, under this key. */
  numbers(key: string, values: Numbers): void;
  /** The end of an object. */
  close(): void;
}

/** Bytes of a number by its type's letter. */
const SIZES: Readonly<Record<string, number>> = { i: 1, U: 1, I: 2, l: 4, L: 8, d: 4, D: 8 };
const NOTHING = new Set(['Z', 'T', 'F', 'N']);
/** XGBoost's documents are seven deep; a file that goes deeper was not made by it. */
const DEEPEST = 64;

/** Walks through a document. Throws a `RangeError` for a file that is cut off or that is no UBJSON. */
export function walkUbjson(bytes: Buffer, visitor: Visitor): void {
  new Walk(bytes, visitor).value('', 0);
}

class Walk {
  readonly #bytes: Buffer;
  readonly #visitor: Visitor;
  #at = 0;

  constructor(bytes: Buffer, visitor: Visitor) {
    this.#bytes = bytes;
    this.#visitor = visitor;
  }

  value(key: string, depth: number, type = this.#letter()): void {
    if (depth > DEEPEST) throw new RangeError('nested too deeply');
    const size = SIZES[type];
    if (size !== undefined) this.#skip(size);
    else if (type === 'S' || type === 'H') this.#text();
    else if (type === 'C') this.#skip(1);
    else if (type === '{') this.#object(depth);
    else if (type === '[') this.#array(key, depth);
    else if (!NOTHING.has(type))
      throw new RangeError(`no UBJSON: type ${JSON.stringify(type)} at byte ${this.#at - 1}`);
  }

  #object(depth: number): void {
    while (this.#peek() !== '}') {
      const key = this.#text();
      this.value(key, depth + 1);
    }
    this.#skip(1);
    this.#visitor.close();
  }

  #array(key: string, depth: number): void {
    let type: string | undefined;
    if (this.#peek() === '$') {
      this.#skip(1);
      type = this.#letter();
    }
    if (this.#peek() !== '#') {
      while (this.#peek() !== ']') this.value(key, depth + 1);
      this.#skip(1);
      return;
    }
    this.#skip(1);
    const length = this.#length();
    const size = type === undefined ? undefined : SIZES[type];
    if (type === undefined || size === undefined) {
      for (let index = 0; index < length; index += 1) this.value(key, depth + 1, type ?? this.#letter());
      return;
    }
    const from = this.#at;
    this.#skip(length * size);
    this.#visitor.numbers(key, { length, at: (index) => this.#number(type, from + index * size) });
  }

  #text(): string {
    const length = this.#length();
    const from = this.#at;
    this.#skip(length);
    return this.#bytes.toString('utf8', from, this.#at);
  }

  #length(): number {
    const type = this.#letter();
    const size = SIZES[type];
    if (size === undefined) throw new RangeError(`no UBJSON: a length of type ${JSON.stringify(type)}`);
    const length = this.#number(type, this.#at);
    this.#skip(size);
    if (length < 0) throw new RangeError('no UBJSON: a negative length');
    return length;
  }

  #number(type: string, at: number): number {
    const bytes = this.#bytes;
    if (type === 'U') return bytes.readUInt8(at);
    if (type === 'i') return bytes.readInt8(at);
    if (type === 'I') return bytes.readInt16BE(at);
    if (type === 'l') return bytes.readInt32BE(at);
    if (type === 'L') return Number(bytes.readBigInt64BE(at));
    return type === 'd' ? bytes.readFloatBE(at) : bytes.readDoubleBE(at);
  }

  #letter(): string {
    const letter = this.#peek();
    this.#skip(1);
    return letter;
  }

  #peek(): string {
    return String.fromCharCode(this.#bytes.readUInt8(this.#at));
  }

  #skip(bytes: number): void {
    this.#at += bytes;
    if (this.#at > this.#bytes.length) throw new RangeError('the file is cut off');
  }
}
