/** Reads the Turtle (RDF 1.1) that AFF4 writers write: prefixes, IRIs, literals, lists of predicates and objects. No blank nodes. */
import { Fault, FaultKind } from '../../kernel/index.ts';

export interface Term {
  readonly kind: 'iri' | 'literal';
  readonly value: string;
  /** Of a literal; an IRI. */
  readonly type?: string;
}

/** Subject to predicate (both as IRIs) to objects. */
export type Graph = Map<string, Map<string, Term[]>>;

const MOST_STATEMENTS = 200_000;
const TYPE = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type';

/** One token a match: space and comments, IRI, literal, directive, prefixed name, number or boolean, punctuation. */
const TOKEN =
  /(?:\s|#[^\n]*)+|<([^<>"{}|^`\\\s]*)>|"""((?:[^"\\]|\\.|"(?!""))*)"""|"((?:[^"\\\n]|\\.)*)"|(@[A-Za-z][A-Za-z0-9-]*)|(\^\^)|([A-Za-z_][\w.-]*)?:((?:[\w%-]|\.(?=[\w%-]))*)|([+-]?\d[\d.eE+-]*(?<!\.)|true\b|false\b|a\b|PREFIX\b|BASE\b)|([.;,])/gy;

type Token =
  | { readonly is: 'iri' | 'literal' | 'at' | 'word' | 'mark'; readonly text: string }
  | { readonly is: 'name'; readonly prefix: string; readonly text: string };

/** Adds what `text` says to `graph`. @throws Fault 'aff4/turtle'. */
export function readTurtle(text: string, graph: Graph): void {
  const tokens = tokensOf(text);
  const prefixes = new Map<string, string>();
  let at = 0;
  let statementCount = 0;
  const take = (): Token => {
    const token = tokens[at++];
    if (token === undefined) throw damaged('it ends in the middle');
    return token;
  };
  const isMark = (mark: string): boolean => {
    const token = tokens[at];
    return token?.is === 'mark' && token.text === mark;
  };
  const iri = (token: Token): string => {
    if (token.is === 'iri') return token.text;
    if (token.is !== 'name') throw damaged(`"${token.text.slice(0, 40)}" stands where a name belongs`);
    const prefix = prefixes.get(token.prefix);
    if (prefix === undefined) throw damaged(`the prefix "${token.prefix.slice(0, 40)}" was not declared`);
    return prefix + token.text;
  };
  const object = (): Term => {
    const token = take();
    if (token.is === 'word') return { kind: 'literal', value: token.text };
    if (token.is !== 'literal') return { kind: 'iri', value: iri(token) };
    const next = tokens[at];
    if (next?.is === 'at') at++;
    if (next?.is !== 'mark' || next.text !== '^^') return { kind: 'literal', value: token.text };
    at++;
    return { kind: 'literal', value: token.text, type: iri(take()) };
  };

  while (at < tokens.length) {
    const first = take();
    if ((first.is === 'at' && first.text === '@prefix') || (first.is === 'word' && first.text === 'PREFIX')) {
      const name = take();
      if (name.is !== 'name' || name.text !== '') throw damaged('a prefix has no name');
      prefixes.set(name.prefix, iri(take()));
      if (isMark('.')) at++;
      continue;
    }
    const predicates = graph.get(iri(first)) ?? new Map<string, Term[]>();
    graph.set(iri(first), predicates);
    for (;;) {
      const verb = take();
      const predicate = verb.is === 'word' && verb.text === 'a' ? TYPE : iri(verb);
      const objects = predicates.get(predicate) ?? [];
      predicates.set(predicate, objects);
      do {
        if (++statementCount > MOST_STATEMENTS) throw damaged(`it has more than ${MOST_STATEMENTS} statements`);
        objects.push(object());
      } while (isMark(',') && at++ >= 0);
      while (isMark(';')) at++;
      if (isMark('.')) break;
      if (at >= tokens.length) throw damaged('it ends in the middle');
    }
    at++;
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let end = 0; end < text.length; ) {
    TOKEN.lastIndex = end;
    const found = TOKEN.exec(text);
    if (found === null || found[0] === '') throw damaged(`what stands at character ${end} is not understood`);
    end = TOKEN.lastIndex;
    const [, link, long, short, directive, caret, prefix = '', local, word, mark] = found;
    if (link !== undefined) tokens.push({ is: 'iri', text: unescaped(link) });
    else if (long !== undefined || short !== undefined) tokens.push({ is: 'literal', text: unescaped(long ?? short ?? '') });
    else if (directive !== undefined) tokens.push({ is: 'at', text: directive });
    else if (caret !== undefined || mark !== undefined) tokens.push({ is: 'mark', text: caret ?? mark ?? '' });
    else if (local !== undefined) tokens.push({ is: 'name', prefix, text: local });
    else if (word !== undefined) tokens.push({ is: 'word', text: word });
  }
  return tokens;
}

const SHORT: Readonly<Record<string, string>> = { t: '\t', b: '\b', n: '\n', r: '\r', f: '\f' };

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gs, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (SHORT[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function damaged(what: string): Fault {
  return new Fault(FaultKind.Corrupt, 'aff4/turtle', `the AFF4 image's description (information.turtle) is damaged: ${what}`);
}
