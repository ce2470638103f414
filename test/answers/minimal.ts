import { caseOf, differenceOf, plainCase, type AnswerCase, type CaseDifference } from './answerCase.ts';
import { possible } from './answers.ts';

/**
 * Takes away from a failing case what is not needed for it to fail: one property after the other is made plain, for as long
 * as the same rule is broken.
 */
export async function minimise(
  failing: AnswerCase,
  fails: (of: AnswerCase) => Promise<boolean>,
): Promise<CaseDifference> {
  let smallest = failing;
  for (let changed = true; changed;) {
    changed = false;
    for (const simpler of simplerThan(smallest)) {
      const candidate = possible(simpler);
      const before = size(smallest);
      if (size(candidate) >= before || !(await fails(candidate))) continue;
      smallest = candidate;
      changed = true;
      break;
    }
  }
  return differenceOf(smallest);
}

function size(of: AnswerCase): number {
  const { style, ...rest } = differenceOf(of);
  return Object.keys(rest).length + Object.keys(style ?? {}).length + of.redirects.length;
}

function* simplerThan(of: AnswerCase): Generator<AnswerCase> {
  const plain = plainCase(of.kind);
  const difference = differenceOf(of);
  for (const name of Object.keys(difference) as (keyof CaseDifference)[]) {
    if (name === 'kind') continue;
    yield { ...of, [name]: plain[name] };
  }
  if (of.body === 'sse' && of.kind !== 'get') {
    yield {
      ...of,
      body: 'json',
      contentType: of.contentType === 'text/event-stream' ? 'application/json' : of.contentType,
    };
  }
  if (of.body === 'sse' && of.contentType !== 'text/event-stream') yield { ...of, contentType: 'text/event-stream' };
  for (const name of Object.keys(difference.style ?? {})) {
    yield { ...of, style: { ...of.style, [name]: plain.style[name as keyof typeof plain.style] } };
  }
  for (let at = 0; at < of.redirects.length; at++) yield { ...of, redirects: of.redirects.toSpliced(at, 1) };
  yield caseOf({ ...of, kind: 'request' });
}
