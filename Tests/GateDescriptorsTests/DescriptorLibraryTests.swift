import GateDescriptors
import GateProtocol
import GateTestKit
import Synchronization
import Testing

@Suite struct DescriptorLibraryTests {
    private static let names = [
        "amp", "cellnet", "firefly", "int16", "int32", "int8", "kbengine", "leaf-json", "leaf-pb", "length16",
        "length32",
        "length32-json", "line", "netstring", "photon-json", "photon-tcp", "pomelo", "scut", "skynet",
        "skynet-login", "skynet-msgserver",
    ]

    @Test func hasTheShippedProtocols() {
        #expect(DescriptorLibrary().descriptors.map(\.name) == Self.names)
    }

    @Test(arguments: names)
    func runsAllVectors(_ name: String) throws {
        let descriptor = try #require(DescriptorLibrary().descriptor(named: name))
        #expect(descriptor.checkVectors() == [])
        #expect(descriptor.vectorCount >= 2)
    }

    /// Most of the time that a gateway takes to start went into descriptors that no listener speaks.
    @Test func whatNoListenerSpeaksIsNotReadAtTheStart() throws {
        let registry = ProtocolRegistry()
        let made = Mutex(0)
        try registry.register(named: "later") {
            made.withLock { $0 += 1 }
            return ProtocolDefinition(name: "later", summary: "") { options throws(ProtocolSetupError) in
                throw .unknownParameter("x", known: [])
            }
        }
        #expect(registry.names == ["later"])
        #expect(throws: ProtocolSetupError.duplicateProtocol("later")) {
            try registry.register(named: "later") { ProtocolDefinition.mute }
        }
        #expect(made.withLock { $0 } == 0)
        #expect(try registry.definition(named: "later").name == "later")
        #expect(registry.all.map(\.name) == ["later"])
        #expect(made.withLock { $0 } == 1)
        registry.replace(.mute)
        #expect(registry.names == ["later", "mute"])
    }

    @Test("what is built in is what lies under protocols/; else run Tests/embed-descriptors.sh")
    func isIdenticalToTheFiles() throws {
        let folder = repositoryPath + "/protocols"
        let names = try listing(folder).filter { $0.hasSuffix(".json5") }.sorted()
        let builtIn = DescriptorLibrary.shippedFiles
        #expect(builtIn.map(\.name).sorted() == names)
        for file in builtIn {
            #expect(try content(folder + "/" + file.name) == file.bytes, "\(file.name)")
        }
    }

    @Test func oneBadFileStopsNoOther() {
        var library = DescriptorLibrary()
        let good = #"{frame: [{name: "payload", type: "bytes", len: "u8"}], summary: "mine"}"#
        let problems = library.add([
            DescriptorFile(name: "a/broken.json5", bytes: Array("{".utf8)),
            DescriptorFile(name: "a/mine.json5", bytes: Array(good.utf8)),
            DescriptorFile(name: "a/README.md", bytes: Array("#".utf8)),
        ])
        #expect(
            problems.map(\.description) == [
                "a/broken.json5:1:2: $: not JSON5: unexpected end of input, expected a key or '}'"
            ])
        #expect(library.descriptors.map(\.name) == (Self.names + ["mine"]).sorted())
        #expect(library.descriptor(named: "mine")?.summary == "mine")
    }

    @Test func aLaterFileTakesThePlaceOfItsName() throws {
        var library = DescriptorLibrary()
        let own = #"{frame: [{name: "payload", type: "bytes", len: "u8"}], summary: "own"}"#
        #expect(library.add([DescriptorFile(name: "length16.json5", bytes: Array(own.utf8))]) == [])
        #expect(library.descriptor(named: "length16")?.summary == "own")
        #expect(library.descriptors.count == Self.names.count)
    }

    @Test func aSummaryIsShownWithoutControlCharacters() {
        var library = DescriptorLibrary()
        let file = #"{frame: [{name: "payload", type: "bytes", len: "u8"}], summary: "a\u001b[31m\u009b\nb"}"#
        #expect(library.add([DescriptorFile(name: "own.json5", bytes: Array(file.utf8))]) == [])
        #expect(library.descriptor(named: "own")?.summary == #"a?[31m?\nb"#)
    }

    @Test func registersAllAndSaysWhichNamesAreTaken() throws {
        let registry = ProtocolRegistry()
        let library = DescriptorLibrary()
        try registry.register(try #require(library.descriptor(named: "length32")).definition())
        let refused = library.register(into: registry)
        #expect(refused.map(\.name) == ["length32"])
        #expect(refused.map(\.error) == [.duplicateProtocol("length32")])
        #expect(registry.names == Self.names)
    }

    @Test func refusesParametersThatTheDescriptorDoesNotDeclare() throws {
        let definition = try #require(DescriptorLibrary().descriptor(named: "length32")).definition()
        #expect(throws: ProtocolSetupError.unknownParameter("order", known: ["errors"])) {
            try definition.configure(ProtocolOptions(parameters: ["order": "le"]))
        }
    }

    @Test func compilesOneProgramForEachChoiceOfParameters() throws {
        let descriptor = try load(
            """
            {parameters: {length: ["u16", "u8", "u32"], order: ["be", "le"]}, order: "$order",
             frame: [{name: "size", type: "$length", counts: "after"}, {name: "payload", type: "bytes", len: "rest"}]}
            """)
        #expect(descriptor.parameterNames == ["length", "order"])
        let cases: [([String: String], [UInt8])] = [
            ([:], [0, 1, 9]), (["length": "u8"], [1, 9]), (["order": "le"], [1, 0, 9]),
            (["order": "le", "length": "u32"], [1, 0, 0, 0, 9]),
        ]
        for (parameters, bytes) in cases {
            let driver = try driver(descriptor, ProtocolOptions(parameters: parameters))
            driver.receive(bytes)
            #expect(driver.takeEvents() == [request("", "\u{9}", 1)])
            driver.send(.reply(Correlation(rawValue: 1), .result, .bytes), payload: [9])
            #expect(driver.takeOutput() == bytes)
        }
        #expect(throws: ProtocolSetupError.invalidParameter("length", value: "u9", allowed: "u16, u8, u32")) {
            try descriptor.definition().configure(ProtocolOptions(parameters: ["length": "u9"]))
        }
        #expect(throws: ProtocolSetupError.unknownParameter("lenght", known: ["length", "order"])) {
            try descriptor.definition().configure(ProtocolOptions(parameters: ["lenght": "u8"]))
        }
    }
}

extension ProtocolDefinition {
    fileprivate static var mute: ProtocolDefinition {
        ProtocolDefinition(name: "mute", summary: "") { options throws(ProtocolSetupError) in
            throw .unknownParameter("x", known: [])
        }
    }
}
