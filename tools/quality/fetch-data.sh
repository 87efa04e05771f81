#!/bin/sh
# Unpacks the Debian packages that the measurements read: sh tools/quality/fetch-data.sh DIR
# Needs apt-get and dpkg-deb; nothing is installed.
set -eu
dir=$(mkdir -p "$1" && cd "$1" && pwd)
mkdir -p "$dir/debs"
cd "$dir/debs"
for package in tuxpaint-stamps-default gcompris-qt-data openclipart-png wordnet-base python3-skimage; do
  [ -d "$dir/$package" ] && continue
  apt-get download "$package"
  dpkg-deb -x "$package"_*.deb "$dir/$package"
done
