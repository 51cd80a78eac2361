.PHONY: demo build run test soak check fmt dist

demo:
	scripts/demo

build:
	scripts/install-dependencies
	swift build -c release --product heddle
	swift build -c release --product heddle-echo

run: build
	.build/release/heddle serve

test:
	scripts/test

soak:
	scripts/soak

check:
	scripts/check

fmt:
	swift format --in-place --parallel --recursive Package.swift Sources Tests

dist:
	scripts/dist
