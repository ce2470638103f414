import type { ApprovalResult } from '../../../../src/administration/toolApproval.ts';
import { AppError } from '../../../../src/errors/appError.ts';
import { escape } from '../../../../src/escape.ts';
import { openServerSecrets } from '../../../stores/serverSecrets.ts';
import { askForTools } from '../../../upstream/askForTools.ts';
import { goneToolLines, waitingToolLines } from '../../../views/waitingTools.ts';
import type { JobKind, Screen, ScreenKind, State, Step } from '../../frame/model.ts';
import { BACK } from '../../frame/shortcuts.ts';
import { jobOf } from '../../frame/startWork.ts';
import { pop, push, screen, topContent } from '../../frame/state.ts';
import { markedLines, MARKS } from '../../frame/text/marked.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { wrap } from '../../frame/text/wrap.ts';
import { CHANGE } from '../../screens/change/runChange.ts';
import { choicesOf, openForm, type Field, type Form } from '../../screens/form/form.ts';
import { formScreen } from '../../screens/form/formScreen.ts';
import { checkReason, optional, REASON } from '../../screens/form/reason.ts';

/** Tools that are offered one by one; of more, all are approved or none. */
const MAX_CHOICES = 40;

/** The tools of a server that wait for an approval, as it has just shown them. */
interface Review extends Pick<ApprovalResult, 'approved' | 'gone' | 'unread' | 'digestOf'> {
  readonly server: string;
}

/** Has a server show its tools, and shows which of them wait. */
export const REVIEW: JobKind<string> = {
  async run({ stores, commandContext }, server, { signal }) {
    const secretsOf = (row: Parameters<typeof openServerSecrets>[1]) => openServerSecrets(stores.vault, row);
    const ask = askForTools({ db: stores.db, secretsOf, signal });
    try {
      const found = await stores.dryRun().approvals.approve(server, [], { ask }, commandContext());
      signal.throwIfAborted();
      const { approved, gone, unread } = found;
      const why = unread === undefined ? '' : ` It did not show its tools: ${escape(unread.message)}`;
      if (approved.length === 0 && gone.length === 0)
        return { ok: true, message: `No tool of ${server} waits for an approval.${why}` };
      return { ok: true, message: '', opens: reviewScreen({ ...found, server }) };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { ok: false, message: escape(error.message) };
    }
  },
};

const REVIEW_KIND: ScreenKind<Review> = {
  name: 'review',
  title: 'Tools to approve',
  scrolls: true,
  shortcuts: [
    { keystrokes: ['y'], text: 'approve what is shown, with a reason', hint: 'approve', perform: approve },
    BACK,
  ],
  lines: reviewLines,
  commands: ({ server }) => [['servers', 'approve', server, '--dry-run']],
};

function reviewScreen(review: Review): Screen {
  return screen(REVIEW_KIND, review);
}

function reviewLines({ server, approved, gone, unread }: Review, { size }: State, paint: TuiPaint): string[] {
  const { columns } = size;
  const title =
    approved.length === 0
      ? `No tool of ${server} waits for an approval`
      : `Tools of ${server} that wait for an approval: y approves them as they are shown here`;
  const warning =
    unread === undefined
      ? []
      : [`warning: It did not show its tools, so what it has shown before counts: ${escape(unread.message)}`];
  const lines = [...waitingToolLines(approved), ...goneToolLines(gone)];
  return [
    ...wrap(title, columns).map((line) => paint('bold', line)),
    ...markedLines(
      warning.flatMap((line) => wrap(line, columns)),
      MARKS.warning,
      paint,
    ),
    '',
    ...lines.flatMap((line) => wrapIndented(line, columns)),
  ];
}

/** What goes on below stays under what it belongs to. */
function wrapIndented(line: string, columns: number): string[] {
  const indent = ' '.repeat(line.length - line.trimStart().length);
  return wrap(line.trimStart(), Math.max(8, columns - indent.length)).map((part) => indent + part);
}

function approve(state: State): Step {
  const review = topContent(state, REVIEW_KIND);
  if (review === undefined || review.approved.length === 0) return [state, []];
  return [push(state, formScreen(approvalForm(review))), []];
}

/** Approves what was looked at, and nothing else. */
function approvalForm({ server, approved, digestOf }: Review): Form {
  const names = [...new Set(approved.map(({ name }) => name))];
  // Choices are kept as one text.
  const isChosen = names.length > 1 && names.length <= MAX_CHOICES && names.every((name) => !name.includes(','));
  const tools: Field = {
    name: 'tools',
    label: 'Tools',
    kind: 'choices',
    options: names,
    hint: '←→ choose, Space on or off',
  };
  const chosen = (values: Readonly<Record<string, string>>) => (isChosen ? choicesOf(values['tools'] ?? '') : names);
  return openForm(
    {
      title: `Approve tools of ${server}`,
      about: [
        isChosen ? 'Those that you leave out stay as they are.' : `Approves ${names.map(escape).join(', ')}.`,
        'Nothing is approved when the server shows something else by now.',
      ],
      fields: isChosen ? [tools, REASON] : [REASON],
      check: (values) => ({
        tools: chosen(values).length === 0 ? 'Choose one at least.' : undefined,
        reason: checkReason(values),
      }),
      working: 'Approving the tools',
      submit: (values) => {
        const all = chosen(values);
        const only = all.length === names.length ? [] : all;
        const digest = digestOf(only);
        return jobOf(CHANGE, {
          command: 'approveTools',
          name: server,
          tools: only,
          digest,
          reason: optional(values, 'reason'),
        });
      },
      // What was looked at is approved: the screen has done its work, too.
      done: (state) => (topContent(state, REVIEW_KIND) === undefined ? state : pop(state)),
    },
    { tools: names.join(',') },
  );
}
