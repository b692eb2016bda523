/** Names in the database: singular snake_case, so that raw SQL needs no quotes on either database. */
import { DefaultNamingStrategy } from 'typeorm';

export class SnakeCase extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string): string {
    return customName || propertyName.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}
