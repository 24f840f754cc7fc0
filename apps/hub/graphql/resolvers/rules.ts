/** Rules: what they decide, and what comes of it. */
import { joined, type ObjectFields } from '../object-fields.ts';
import { contractQuery, contractTypes } from './contracts.ts';
import { decisionMutation, decisionQuery, decisionTypes } from './decisions.ts';
import { glossaryQuery, glossaryTypes } from './glossary.ts';
import { incidentMutation, incidentQuery, incidentSubscription, incidentTypes } from './incidents.ts';

export const rulesQuery: ObjectFields = joined(incidentQuery, decisionQuery, contractQuery, glossaryQuery);
export const rulesMutation: ObjectFields = joined(incidentMutation, decisionMutation);
export const rulesSubscription: ObjectFields = incidentSubscription;
export const rulesTypes: Readonly<Record<string, ObjectFields>> = {
  ...incidentTypes,
  ...decisionTypes,
  ...contractTypes,
  ...glossaryTypes,
};
