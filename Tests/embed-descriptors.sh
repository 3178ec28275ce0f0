#!/bin/sh
# Copies the descriptors under protocols/ into the Swift source that builds them in.
# Run it after each change there; DescriptorLibraryTests fails until it was run.
set -eu
cd "$(dirname "$0")/.."
{
    echo '// Made by Tests/embed-descriptors.sh from the files under protocols/. Edit those.'
    echo
    echo '/// The shipped descriptors, so that a gateway needs no folder to speak them.'
    echo 'enum BuiltInDescriptors {'
    echo '    static let texts: [(name: String, text: String)] = ['
    for file in $(LC_ALL=C ls protocols/*.json5); do
        printf '        (\n            "%s",\n            #"""\n' "$(basename "$file")"
        # The closing quotes stand on a line of their own, so the text ends with the file'"'"'s last line feed.
        sed -e 's/^\(.\)/            \1/' "$file"
        printf '\n            """#\n        ),\n'
    done
    echo '    ]'
    echo
    echo '    /// The same as files.'
    echo '    static var files: [DescriptorFile] {'
    echo '        texts.map { DescriptorFile(name: $0.name, bytes: Array($0.text.utf8)) }'
    echo '    }'
    echo '}'
} >Sources/GateDescriptors/BuiltInDescriptors.swift
