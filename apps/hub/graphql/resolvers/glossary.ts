/** What tags mean, by the rule files in force. */
import type { GlossaryTerm } from '#rules';
import { type ObjectFields, objectFields } from '../object-fields.ts';
import type { Session } from '../session.ts';

const glossaryOf = ({ deps }: Session): readonly GlossaryTerm[] => deps.rules?.reactor.rules.set.glossary ?? [];

/** null: no file says what the tag means. */
export const termOf = (tag: string, session: Session): GlossaryTerm | null =>
  glossaryOf(session).find(({ name }) => name === tag) ?? null;

export const glossaryQuery: ObjectFields = objectFields<object>([], {
  glossary: (_query, _args, { session }) =>
    [...glossaryOf(session)].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
  glossaryTerm: (_query, { name }: { name: string }, { session }) => termOf(name, session),
});

export const glossaryTypes: Readonly<Record<string, ObjectFields>> = {
  GlossaryTerm: objectFields<GlossaryTerm>(['name', 'title', 'text', 'owner', 'see'], {
    definedAt: ({ place }) => `${place.file}:${place.line}`,
  }),
};
