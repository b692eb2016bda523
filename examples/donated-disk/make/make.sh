#!/usr/bin/env bash
# Writes ../carrier: the floppy of documents/ and disk.tsv as an imaging station would leave it, one bad sector included.
#
#   make.sh            writes ../carrier but for the photograph, which is not the same under another libjpeg or font
#   make.sh --photo    draws the photograph too
#   make.sh --check    makes everything twice in /tmp and compares it with ../carrier, byte by byte
#
# Needs Debian 12's dosfstools, mtools, gddrescue; for --photo imagemagick, fonts-breip and fonts-dejavu.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export TZ=UTC LC_ALL=C.UTF-8

disk=marrowby-disk-07
serial=11F007A3
bad_file=NOVEL/TIDE2.TXT # its third sector can't be read
bad_nth=3

# make_carrier FOLDER
make_carrier() {
  local out=$1 work; work=$(mktemp -d); mkdir -p "$out"
  write_floppy "$work/floppy.raw" "$work"

  # Clusters are sectors on a 1.44 MB floppy and cluster 2 is sector 33. mshowfat prints "NAME <20-25>".
  local first; first=$(mshowfat -i "$work/floppy.raw" "::$bad_file" | sed 's/.*<\([0-9]*\)-.*/\1/')
  local sector=$((first + bad_nth - 1 - 2 + 33)); local at=$((sector * 512))

  # A real ddrescue reads the floppy; its test mode plays the scratch: what domain.map calls bad can't be read.
  printf '0x0 ? 1\n0x0 0x%X +\n0x%X 0x200 -\n0x%X 0x%X +\n' $at $at $((at + 512)) $((1474560 - at - 512)) > "$work/domain.map"
  ( cd "$work" && ddrescue -q -b 512 -r 3 -H domain.map floppy.raw "$disk.img" "$disk.map" )
  truncate -s 1474560 "$work/$disk.img"
  cp "$work/$disk.img" "$out/$disk.img"

  # The mapfile's body is ddrescue's own; the header names the station's device and hours instead of this machine's.
  sed -e 's|^# Command line:.*|# Command line: ddrescue -d -b 512 -r 3 /dev/sdb '"$disk.img $disk.map"'|' \
    -e 's|^# Start time:.*|# Start time:   2024-05-14 10:22:41|' -e 's|^# Current time:.*|# Current time: 2024-05-14 10:25:03|' "$work/$disk.map" > "$out/$disk.map"
  ddrescuelog -t "$out/$disk.map" >/dev/null

  local md5; md5=$(md5sum < "$out/$disk.img" | cut -d' ' -f1)
  sed -e "s/@MD5@/$md5/" -e "s/@SECTOR@/$sector/g" -e "s/@AT@/$at/g" "$here/imaging-log.txt" > "$out/$disk.log"
  cp "$here/accession-note.txt" "$out/accession-note.txt"
  ( cd "$out" && md5sum "$disk.img" > "$disk.img.md5" && sha256sum "$disk.img" "$disk.map" > SHA256SUMS )
  rm -r "$work"
}

# write_floppy IMAGE WORKFOLDER: every time stamp comes from disk.tsv, so that the bytes are the same in every run.
write_floppy() {
  local image=$1 work=$2 path source page date
  printf 'default_codepage=850\n' > "$work/mtoolsrc"; export MTOOLSRC="$work/mtoolsrc" MTOOLS_SKIP_CHECK=1
  mkfs.fat --invariant -F 12 -i "$serial" -C "$image" 1440 >/dev/null
  # mlabel, since mkfs.fat -n dates the label 2015 or today.
  SOURCE_DATE_EPOCH=$(date -d '1991-10-06 19:58:20' +%s) mlabel -i "$image" ::MARROWBY_07
  while IFS=$'\t' read -r path source page date; do
    case $path in '' | '#'*) continue ;; esac
    export SOURCE_DATE_EPOCH; SOURCE_DATE_EPOCH=$(date -d "$date" +%s)
    case $source in
      -) mmd -i "$image" "::$path" ;;
      mdel) mdel -i "$image" "::$path" ;;
      *) # DOS text: CR LF, and the end-of-file byte that its editor wrote
        { iconv -f UTF-8 -t "$page" "$here/documents/$source" | sed 's/$/\r/'; if [ "$page" != WINDOWS-1252 ]; then printf '\x1a'; fi; } > "$work/text"
        touch -d "$date" "$work/text"
        mcopy -m -i "$image" "$work/text" "::$path" ;;
    esac
  done < "$here/disk.tsv"
  mattrib -i "$image" +r ::NOVEL/TIDE3.TXT
  fsck.fat -n "$image" >/dev/null
}

case ${1:-} in
  --check)
    once=$(mktemp -d); twice=$(mktemp -d)
    make_carrier "$once"; sleep 3; make_carrier "$twice" # three seconds: FAT counts two
    diff -r "$once" "$twice"; diff -r -x '*.jpg' "$once" "$here/../carrier"
    rm -r "$once" "$twice"; echo 'same bytes twice, and the same as in ../carrier' ;;
  *)
    make_carrier "$here/../carrier"
    if [ "${1:-}" = --photo ]; then bash "$here/photo.sh" "$here/../carrier/$disk-label.jpg"; fi ;;
esac
