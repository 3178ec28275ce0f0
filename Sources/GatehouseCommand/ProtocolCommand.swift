import ArgumentParser

/// `gatehouse protocol`: looks at protocols that files describe, and helps to write them.
struct ProtocolCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "protocol",
        abstract: "List, check, explain and try protocols described in files.",
        discussion: """
            NAME is a protocol by its name, FILE a descriptor by its path; a listener's parameters may stand behind \
            either, as in 'NAME?order=le'.
            """,
        subcommands: [
            ProtocolListCommand.self, ProtocolCheckCommand.self, ProtocolDecodeCommand.self, ProtocolEncodeCommand.self,
            ProtocolNewCommand.self, ProtocolExplainCommand.self, ProtocolFuzzCommand.self,
        ])
}

/// What a listener says of its clients' names.
struct ProtocolRoutes: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What a name or code of clients stands for, as in a listener's routes; without NAME the listener's own route; "
                + "repeatable.", valueName: "[name=]type/function"))
    var route: [String] = []
}

/// Where descriptors are found besides those that are built in.
struct ProtocolFolders: ParsableArguments {
    @Option(help: ArgumentHelp("Read the descriptors in this folder as well; repeatable.", valueName: "directory"))
    var protocols: [String] = []

    /// All descriptors there are.
    func catalog() throws -> ProtocolCatalog { try ProtocolCatalog(folders: protocols) }
}
