#!/bin/sh
# Unpacks the packages that the measurements read: sh tools/quality/fetch-data.sh DIR
# Needs apt-get, dpkg-deb and npm; nothing is installed.
set -eu
dir=$(mkdir -p "$1" && cd "$1" && pwd)
mkdir -p "$dir/debs"
cd "$dir/debs"
for package in tuxpaint-stamps-default gcompris-qt-data openclipart-png wordnet-base; do
  [ -d "$dir/$package" ] && continue
  apt-get download "$package"
  dpkg-deb -x "$package"_*.deb "$dir/$package"
done

if [ ! -d "$dir/face-api" ]; then
  npm pack --silent @vladmandic/face-api@1.7.15
  mkdir "$dir/face-api"
  tar -xzf vladmandic-face-api-1.7.15.tgz -C "$dir/face-api" --strip-components=1 package/demo
fi
