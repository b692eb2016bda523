/** How far the running audit of a copy has come, so that a restart goes on where it stopped. */
import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { json, utc } from '../database/columns.ts';

@Entity('audit_state')
export class AuditState {
  @ForeignKey('copy', { name: 'FK_audit_state_copy' })
  @PrimaryColumn('varchar', { primaryKeyConstraintName: 'PK_audit_state' })
  copyId!: string;
  @Column(utc()) startedAt!: Date;
  /** A VerifyPosition of the engine. */
  @Column(json()) position!: unknown;
}
