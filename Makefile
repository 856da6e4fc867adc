# make run · make test · make bench · make fuzz · make gallery · make lint · make setup
# make image · make vm · make test-image
# Every target first installs what is missing and says what it is doing.

SHELL := /bin/bash
CARGO ?= cargo
DATA  ?= data/hall
DOCK  ?= 127.0.0.1:7800
SECONDS ?= 30
GALLERY ?= data/gallery
IMAGE ?= data/image
VERSION ?= 1

.PHONY: help setup run test bench fuzz lint gallery image vm test-image test-boot programs

help:
	@echo "make run    the virtual hall with the kiosk in it; open the address it prints in a browser"
	@echo "make test   every test"
	@echo "make bench  every figure, beside its peer"
	@echo "make fuzz   every parser of bytes from devices and the store, SECONDS (30) each"
	@echo "make gallery  every screen in every look, as pictures and one page to leaf through; GALLERY=FOLDER"
	@echo "make lint   formatting, clippy, licences and advisories of the dependencies"
	@echo "make image  the kiosk's system: disk image and update, in IMAGE=FOLDER; as root"
	@echo "make vm     the kiosk's system in QEMU, with the virtual hall's devices"
	@echo "make test-image  what the system promises, shown on the image as it is delivered; hours without KVM"
	@echo "make test-boot  the shortest part of it: the system with the tests' own programs, from the switch to a ticket"
	@echo "make setup  installs what is missing (the other targets do so themselves)"

setup:
	@tools/setup

run:
	@tools/setup run
	@echo "building the virtual hall (the first time takes about ten minutes on two cores)"
	@# with the tests, so that features are the same and nothing is built twice
	@$(CARGO) build --workspace --bins --tests --locked
	@"$$(tools/target-dir)/debug/hall" --dock $(DOCK) --data $(DATA)

test: setup
	@echo "building every test (the first time takes about ten minutes on two cores)"
	@tools/test

bench:
	@tools/setup bench
	@echo "building the release profile (the first time takes about fifteen minutes on two cores)"
	@$(CARGO) build --release -p hall -p bench -p kiosk -p command
	@"$$(tools/target-dir)/release/bench"

fuzz: setup
	@tools/fuzz $(SECONDS)

gallery:
	@tools/setup run
	@echo "building the gallery (the first time takes about ten minutes on two cores)"
	@$(CARGO) build --workspace --bins --tests --example gallery --locked
	@"$$(tools/target-dir)/debug/examples/gallery" $(GALLERY) all

lint: setup
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@tools/deny

# The programs of the system: without a desktop's windows, as small as they get.
programs:
	@tools/setup image
	@echo "building the system's programs (the first time takes about twelve minutes on two cores)"
	@$(CARGO) build --release -p kiosk -p command --locked
	@$(CARGO) build --release -p company-key -p sane-helper -p provision --bins --locked

image: programs
	@image/build --out $(IMAGE) --version $(VERSION)

vm: image
	@$(CARGO) build --workspace --bins --tests --examples --locked
	@ONEDOOR_IMAGE=$(IMAGE) "$$(tools/target-dir)/debug/vm"

# A version to update to, and one that never becomes good; then everything.
test-image: setup image
	@image/build --no-disk --keys $(IMAGE)/keys --out $(IMAGE)/next --version $$(($(VERSION) + 1))
	@image/build --no-disk --keys $(IMAGE)/keys --out $(IMAGE)/spoiled --version $$(($(VERSION) + 2)) --spoil
	@$(CARGO) build --workspace --bins --tests --examples --locked
	@ONEDOOR_IMAGE=$$(realpath $(IMAGE)) $(CARGO) test --workspace --locked --test image -- --test-threads=1
	@$(CARGO) build --release -p ui --example bare --features kms --locked
	@ONEDOOR_IMAGE=$$(realpath $(IMAGE)) ONEDOOR_BARE="$$(tools/target-dir)/release/examples/bare" "$$(tools/target-dir)/debug/startup"

# What fits into every run of the tests: the same system around the programs that the tests were built with anyway.
test-boot: setup
	@tools/setup image
	@$(CARGO) build --workspace --bins --tests --examples --locked
	@$$( ((EUID)) && echo sudo) image/build --hasty --programs "$$(tools/target-dir)/debug" --out "$$(tools/target-dir)/tmp/image"
	@ONEDOOR_IMAGE="$$(tools/target-dir)/tmp/image" $(CARGO) test --workspace --locked --test image -- boot::from
