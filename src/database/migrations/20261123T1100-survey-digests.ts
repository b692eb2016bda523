/** Which lists of files have digests: those without are made anew in the background. */
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SurveyDigests implements MigrationInterface {
  readonly name = 'survey-digests-20261123T1100';

  async up(q: QueryRunner): Promise<void> {
    // Not addColumn(): that makes the table anew, and loses the names of its constraints.
    await q.query('ALTER TABLE disk_survey ADD COLUMN "has_digests" boolean NOT NULL DEFAULT (0)');
    await q.query(
      `UPDATE disk_survey SET has_digests = EXISTS (SELECT 1 FROM disk_volume v JOIN disk_file f ON f.volume_id = v.id
       WHERE v.package_id = disk_survey.package_id AND f.sha256 IS NOT NULL)`,
    );
  }

  async down(q: QueryRunner): Promise<void> {
    await q.query('ALTER TABLE disk_survey DROP COLUMN has_digests');
  }
}
