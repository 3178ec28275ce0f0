import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit

/// The descriptors that are fuzzed, each choice of their parameters one by one.
///
/// Each has a number that follows from its name and parameters, so that an input keeps its meaning when others come; a
/// number that nobody has stands for the next one that somebody has.
enum DescriptorSubjects {
    /// A descriptor as a listener may have it.
    struct Choice {
        var descriptor: ProtocolDescriptor
        var file: DescriptorFile
        var parameters: [String: String]
        var routes: [String: String]

        func options(frameBytesMax: Int) -> ProtocolOptions {
            ProtocolOptions(frameBytesMax: frameBytesMax, parameters: parameters, routes: routes)
        }

        fileprivate var label: [UInt8] {
            let settings = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return Array("\(descriptor.name)?\(settings.joined(separator: "&"))\(routes.isEmpty ? "" : "#")".utf8)
        }
    }

    private static let own: [Choice?] = table()
    /// By number.
    static let choices: [Choice] = (0...255).compactMap { number in
        (number..<number + 256).lazy.compactMap { own[$0 % 256] }.first
    }
    /// The numbers that descriptors have.
    static let numbers: [UInt8] = (0...255).filter { own[Int($0)] != nil }

    /// By number, with a usual limit and with a small one. Made together: the first input pays for all of them.
    private static let probes = choices.map { choice in
        [4_096, 24].map { try? DescriptorProbe(choice.descriptor, choice.options(frameBytesMax: $0)) }
    }

    /// The descriptor with this number; half of the limits are small.
    static func probe(_ number: UInt8, limit: UInt8) -> DescriptorProbe {
        guard let probe = probes[Int(number)][limit < 0x80 ? 0 : 1] else {
            preconditionFailure("its choices are a descriptor's own")
        }
        return probe
    }

    private static func table() -> [Choice?] {
        var slots = [Choice?](repeating: nil, count: 256)
        for choice in all {
            let wish = Int(choice.label.span.fnv1a % 256)
            // More than the table holds are left out.
            if let free = (wish..<wish + 256).first(where: { slots[$0 % 256] == nil }) { slots[free % 256] = choice }
        }
        return slots
    }

    /// All choices of parameters, then the defaults with the routes of the vectors.
    private static var all: [Choice] {
        let files = DescriptorLibrary.shippedFiles + LanguageDescriptors.files
        let loaded = files.compactMap { file -> (ProtocolDescriptor, DescriptorFile)? in
            guard case .loaded(let descriptor) = ProtocolDescriptor.load(file) else { return nil }
            return (descriptor, file)
        }
        let plain = loaded.flatMap { descriptor, file in
            DescriptorProbe.choices(of: descriptor).map {
                Choice(descriptor: descriptor, file: file, parameters: $0, routes: [:])
            }
        }
        let routed = loaded.compactMap { descriptor, file in
            DescriptorProbe.routes(of: descriptor).map {
                Choice(descriptor: descriptor, file: file, parameters: [:], routes: $0)
            }
        }
        return (plain + routed).filter { (try? DescriptorProbe($0.descriptor, $0.options(frameBytesMax: 24))) != nil }
    }
}
