#!/usr/bin/env bash
# Draws the label's photograph: photo.sh OUT.jpg. A black 3.5" floppy on grey felt, its label written by hand.
set -euo pipefail
out=$1
hand=${HAND:-/usr/share/fonts/truetype/breip/Breip.ttf}
print=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf
work=$(mktemp -d)

# The disk, 900 x 940, seen from the front with the shutter up.
convert -size 900x940 xc:none \
  -fill '#1d1e21' -stroke '#0c0c0e' -strokewidth 3 -draw 'path "M 14,2 L 860,2 L 897,39 L 897,926 Q 897,937 886,937 L 14,937 Q 3,937 3,926 L 3,13 Q 3,2 14,2 Z"' \
  -fill none -stroke '#34363b' -strokewidth 2 -draw 'path "M 16,8 L 857,8 L 891,42 L 891,928"' \
  -stroke none -fill '#151618' -draw 'roundrectangle 180,3 742,300 4,4' \
  \( -size 420x284 gradient:'#d6d9dc'-'#8d9297' -rotate 180 \) -geometry +262+4 -composite \
  -fill none -stroke '#6d7276' -strokewidth 2 -draw 'roundrectangle 262,4 682,288 5,5' \
  -stroke '#eef0f1' -strokewidth 1 -draw 'line 265,6 679,6' \
  -stroke '#55595d' -strokewidth 2 -fill '#0d0d0f' -draw 'roundrectangle 548,40 634,258 5,5' \
  -stroke '#7d8286' -strokewidth 1 -fill none -draw 'line 300,20 300,272' -draw 'line 308,20 308,272' \
  -stroke '#0a0a0b' -strokewidth 2 -fill '#5d6162' -draw 'roundrectangle 26,868 70,914 3,3' \
  -fill '#5d6162' -draw 'roundrectangle 826,868 870,914 3,3' \
  -stroke none -fill '#3b3d42' -font "$print" -pointsize 30 -annotate +120+70 'HD' \
  -fill '#2d2f33' -draw 'polygon 130,110 150,80 170,110' "$work/disk.png"

# The label: red head, blue rules, a brown ring where a cup stood; the ink is not quite straight.
convert -size 700x520 xc:'#f3ecd8' \
  -fill '#b5362c' -draw 'rectangle 0,0 700,64' \
  -fill '#f8f1df' -font "$print" -pointsize 27 -annotate +26+43 'BRIGHTWELL' -pointsize 17 -annotate +470+40 'DSHD  2.0 MB  135 TPI' \
  -stroke '#a9bdd2' -strokewidth 2 -draw 'line 24,158 676,158' -draw 'line 24,248 676,248' -draw 'line 24,338 676,338' -draw 'line 24,428 676,428' "$work/paper.png"
convert -size 700x520 xc:none -font "$hand" \
  -fill '#1f2f6e' -pointsize 78 -annotate 358x358+40+150 'Tide Clerk' -pointsize 62 -annotate 358x358+412+140 '+ letters' \
  -pointsize 66 -annotate 359x359+44+238 '7 of 9' \
  -fill '#a3202a' -pointsize 58 -annotate 357x357+330+240 "DON'T LEND" \
  -fill '#1f2f6e' -pointsize 70 -annotate 358x358+300+416 'I. Marrowby' \
  -fill none -stroke '#a3202a' -strokewidth 4 -draw 'path "M 330,254 Q 470,238 648,243"' -blur 0x0.6 "$work/ink.png"
convert -size 700x520 xc:none -fill none -stroke '#8a5a2b66' -strokewidth 9 -draw 'ellipse 566,452 150,150 0,360' -blur 0x2 "$work/ring.png"
convert "$work/paper.png" "$work/ring.png" -composite "$work/ink.png" -composite \
  \( -size 700x520 xc:black -fill white -draw 'roundrectangle 0,0 699,519 14,14' \) -alpha off -compose CopyOpacity -composite "$work/label.png"

# Felt, shadow, a slight turn, a light from the upper left, and the scale that archives lay beside.
convert -size 1200x1200 -seed 7 xc:'#7b7f80' +noise Gaussian -blur 0x1.2 -modulate 100,8 "$work/felt.png"
convert "$work/disk.png" \( "$work/label.png" -background none -rotate 0.6 \) -geometry +98+368 -compose over -composite -background none -rotate -2.2 "$work/whole.png"
convert "$work/felt.png" \( "$work/whole.png" \( +clone -background black -shadow 70x14+10+16 \) +swap -background none -layers merge +repage \) -gravity north -geometry +0+60 -composite \
  -gravity northwest -fill '#f4f4f0' -draw 'rectangle 160,1100 1040,1150' -fill '#1b1b1b' \
  -draw 'rectangle 160,1100 258,1124' -draw 'rectangle 356,1100 454,1124' -draw 'rectangle 552,1100 650,1124' -draw 'rectangle 748,1100 846,1124' -draw 'rectangle 944,1100 1040,1124' \
  -font "$print" -pointsize 16 -annotate +168+1143 'cm' -annotate +700+1143 'Skerrow CRO   2024-017/07' \
  \( -size 1200x1200 radial-gradient:'#ffffff'-'#a8a8a8' -distort SRT -120,-160 \) -compose multiply -composite \
  -resize 900x900 -strip -interlace none -sampling-factor 4:2:0 -quality 78 "$out"
rm -r "$work"
