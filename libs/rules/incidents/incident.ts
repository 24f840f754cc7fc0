export type IncidentState = 'OPEN' | 'ACKNOWLEDGED' | 'SNOOZED' | 'RESOLVED';
