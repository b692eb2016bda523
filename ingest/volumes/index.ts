/**
 * volumes: how a medium is divided: partition tables of every kind, tables inside volumes, and what none of them names.
 * May import: kernel, media.
 * Imported by: filesystems and everything above.
 * Entry: volumesOf(media).
 */
export { type FoundTable, type FoundVolume, type Volumes, volumesOf } from './open.ts';
export { schemes } from './registry.ts';
export { type Place, type Volume, type VolumeScheme, type VolumeTable } from './volumes.ts';
