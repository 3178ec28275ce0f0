import GateBytes
import GateProtocol

/// A listener's routes: the clients' names or codes and what they stand for, both ways.
///
/// Looked up once a frame, by code with a binary search, by name and by route with a hash of their bytes; allocates only
/// when it is made.
final class RouteTable: Sendable {
    /// One line of the listener's `routes`.
    struct Entry: Sendable {
        /// The clients' own name; decimal digits where they use codes.
        var name: [UInt8]
        /// The clients' own code; 0 where they use names.
        var code: UInt64
        /// `Type/Function`.
        var route: [UInt8]
        /// What an answer goes out under: its own, unless the route says `-> NAME`.
        var answerName: [UInt8]
        var answerCode: UInt64
    }

    /// Names of a dictionary that have a number.
    static let dictionaryMax = 255

    /// Sorted by name; a dictionary's codes are the places from 1, and 0 for those without a number.
    let entries: [Entry]
    let form: RoutesModel.Form
    let split: UInt8?
    private let isDeclared: Bool
    private let codes: [(code: UInt64, entry: Int)]
    private let names: ByteIndex
    private let routes: ByteIndex

    /// A table without entries.
    static let none = RouteTable(entries: [], RoutesModel())

    /// Reads a listener's routes.
    convenience init(_ given: [String: String], _ model: RoutesModel) throws(ProtocolSetupError) {
        var entries: [Entry] = []
        var used: [UInt64: String] = [:]
        for (place, (name, route)) in given.sorted(by: { Array($0.key.utf8).lexicographicallyPrecedes($1.key.utf8) })
            .enumerated()
        {
            let parts = Self.parts(route)
            guard !name.isEmpty, let target = parts.first, parts.count <= 2, name.utf8.count <= 255,
                target.utf8.count <= 1024
            else {
                throw .invalidParameter("routes", value: name, allowed: "a name or code: \"Type/Function\"")
            }
            let code = try Self.code(name, place, model.form)
            if model.form != .name && code != 0 || model.form == .number || model.form == .cellnet16 {
                if let other = used.updateValue(name, forKey: code) {
                    throw .invalidParameter("routes", value: name, allowed: "a code other than \(other)'s \(code)")
                }
            }
            let answer = parts.count == 2 ? parts[1] : name
            entries.append(
                Entry(
                    name: Array(name.utf8), code: code, route: Array(target.utf8), answerName: Array(answer.utf8),
                    answerCode: parts.count == 2 ? try Self.code(answer, place, model.form) : code))
        }
        self.init(entries: entries, model)
    }

    /// `Type/Function`, and the name behind `->`.
    private static func parts(_ route: String) -> [String] {
        guard let dash = route.utf8.firstIndex(of: UInt8(ascii: "-")),
            route[dash...].hasPrefix("-> "), route[..<dash].hasSuffix(" ")
        else { return route.isEmpty ? [] : [route] }
        let target = route[..<dash].split(separator: " ").map(String.init)
        let answer = route[dash...].dropFirst(3).split(separator: " ").map(String.init)
        return target.count == 1 && answer.count == 1 ? target + answer : []
    }

    /// The code of a name.
    static func code(
        _ name: String, _ place: Int, _ form: RoutesModel.Form
    ) throws(ProtocolSetupError) -> UInt64 {
        switch form {
        case .name: return 0
        // Some clients keep the number in one byte: names beyond go by name.
        case .dictionary: return place < dictionaryMax ? UInt64(place + 1) : 0
        case .cellnet16: return UInt64(name) ?? UInt64(cellnet16(name))
        case .number:
            guard let number = UInt64(name), number <= UInt64(UInt32.max) else {
                throw .invalidParameter("routes", value: name, allowed: "codes from 0 to 4294967295")
            }
            return number
        }
    }

    /// Refuses codes that the fields of the protocol do not hold.
    func checkCodes(largest: UInt64, largestAnswered: UInt64) throws(ProtocolSetupError) {
        guard form == .number || form == .cellnet16 else { return }
        for entry in entries {
            if entry.code > largest {
                throw .invalidParameter(
                    "routes", value: String(decoding: entry.name, as: UTF8.self), allowed: "codes from 0 to \(largest)")
            }
            if entry.answerName != entry.name, entry.answerCode > largestAnswered {
                throw .invalidParameter(
                    "routes", value: String(decoding: entry.answerName, as: UTF8.self),
                    allowed: "codes from 0 to \(largestAnswered)")
            }
        }
    }

    private init(entries: [Entry], _ model: RoutesModel) {
        self.entries = entries
        form = model.form
        split = model.split
        isDeclared = model.isDeclared
        let isDictionary = model.form == .dictionary
        codes = entries.enumerated().filter { model.form != .name && (!isDictionary || $1.code != 0) }.map {
            ($1.code, $0)
        }.sorted {
            $0.code < $1.code
        }
        names = ByteIndex(entries.map(\.name))
        routes = ByteIndex(entries.map(\.route))
    }

    /// Whether nobody said anything of routes, so that names are routes.
    var isDefault: Bool { entries.isEmpty && !isDeclared }

    /// The place of the entry with this code.
    func entry(code: UInt64) -> Int? {
        var low = 0
        var high = codes.count
        while low < high {
            let middle = (low + high) / 2
            if codes[middle].code < code { low = middle + 1 } else { high = middle }
        }
        return low < codes.count && codes[low].code == code ? codes[low].entry : nil
    }

    /// The place of the entry with this name.
    func entry(name: Span<UInt8>) -> Int? { names.place(of: name) }

    /// The place of the first entry with this route.
    func entry(route: Span<UInt8>) -> Int? { routes.place(of: route) }

    /// cellnet's id of a message `package.Type`: h + h * 32 + c + c * 128 for each byte, in 16 bits.
    static func cellnet16(_ name: String) -> UInt16 {
        name.utf8.reduce(0) { $0 &+ ($0 << 5) &+ UInt16($1) &+ (UInt16($1) << 7) }
    }
}

/// Finds byte strings by their hash. Made of configuration only, so that nobody from outside chooses its keys.
private struct ByteIndex: Sendable {
    private static let none: Int32 = -1

    /// All keys, one behind the other.
    private let bytes: [UInt8]
    /// Where each begins, and where the last ends.
    private let starts: ContiguousArray<Int>
    /// By hash: the first key.
    private var first: ContiguousArray<Int32>
    /// By key: the next one of the same hash.
    private var next: ContiguousArray<Int32>

    init(_ keys: [[UInt8]]) {
        var size = 1
        while size < 2 * keys.count { size *= 2 }
        bytes = keys.flatMap { $0 }
        starts = keys.reduce(into: [0]) { starts, key in starts.append((starts.last ?? 0) + key.count) }
        first = ContiguousArray(repeating: Self.none, count: size)
        next = ContiguousArray(repeating: Self.none, count: keys.count)
        // The last one first, so that the first of equal keys is found.
        for (place, key) in keys.enumerated().reversed() {
            let bucket = Int(key.span.fnv1a % UInt64(size))
            next[place] = first[bucket]
            first[bucket] = Int32(place)
        }
    }

    /// The place of the first key with these bytes.
    func place(of key: Span<UInt8>) -> Int? {
        if next.isEmpty { return nil }
        var place = first[Int(key.fnv1a % UInt64(first.count))]
        while place != Self.none {
            if isKey(Int(place), key) { return Int(place) }
            place = next[Int(place)]
        }
        return nil
    }

    private func isKey(_ place: Int, _ key: Span<UInt8>) -> Bool {
        let start = starts[place]
        guard starts[place + 1] - start == key.count else { return false }
        for index in key.indices where bytes[start + index] != key[index] { return false }
        return true
    }
}
