import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// Frames of the original systems and what becomes of each: recorded from their own clients, from a real server, or read
/// in their sources.
@Suite struct RecordedFrameTests {
    enum Expectation {
        case whole, incomplete
        case rejected(CloseReason)
    }

    struct Row: Sendable, CustomStringConvertible {
        var name: String
        var sender: Dissection.Sender
        /// What a client says before.
        var before: [UInt8]
        var bytes: [UInt8]
        var expectation: Expectation
        var description: String

        init(
            _ name: String, _ sender: Dissection.Sender, _ before: String, _ hex: String, _ expectation: Expectation
        ) {
            self.name = name
            self.sender = sender
            self.before = Self.bytes(before)
            bytes = Self.bytes(hex)
            self.expectation = expectation
            description = "\(name) \(hex)"
        }

        private static func bytes(_ hex: String) -> [UInt8] {
            let digits = Array(hex.utf8).map { Int($0) - ($0 > 0x60 ? 0x57 : 0x30) }
            return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        }
    }

    /// Bytes of a client: whole, one by one and split at random, always with the same end.
    @Test(arguments: rows.filter { $0.sender == .client })
    func readsWhatClientsSend(row: Row) throws {
        let descriptor = try #require(DescriptorLibrary().descriptor(named: row.name))
        let limit = ProtocolOptions(frameBytesMax: 1 << 28)
        let make = try descriptor.definition().configure(limit)
        let outcome = try ProtocolVerifier(make).verify(row.before + row.bytes)
        let driver = WireDriver(make())
        driver.send(.accept(sessionPresent: false))
        driver.receive(row.before + row.bytes)
        switch row.expectation {
        case .whole:
            #expect(outcome.fault == nil)
            #expect(driver.tail.isEmpty)
        case .incomplete:
            #expect(outcome.fault == nil)
            #expect(driver.tail == row.bytes)
        case .rejected(let reason): #expect(outcome.fault?.closeReason == reason)
        }
        // Every strict prefix waits for more or has the same fault.
        for count in row.bytes.indices {
            let driver = WireDriver(make())
            driver.receive(row.before + row.bytes[..<count])
            #expect(driver.fault == nil || driver.fault == outcome.fault)
        }
    }

    @Test(arguments: rows.filter { $0.sender == .server })
    func takesApartWhatServersSend(row: Row) throws {
        let file = try #require(DescriptorLibrary.shippedFiles.first { $0.name == row.name + ".json5" })
        let descriptor = try #require(DescriptorLibrary().descriptor(named: row.name))
        let bench = try DescriptorWorkbench(descriptor, file, options: ProtocolOptions(frameBytesMax: 1 << 28))
        let dissection = bench.dissect(row.bytes, from: .server)
        #expect(dissection.frames.map(\.byteCount) == [row.bytes.count], "\(dissection.ending)")
    }

    /// What a hostile client makes of them: one to four bytes are others, or the end is missing.
    @Test(arguments: rows.filter { $0.sender == .client }.indices)
    func survivesWhatIsMadeOfThem(index: Int) throws {
        let row = Self.rows.filter { $0.sender == .client }[index]
        let descriptor = try #require(DescriptorLibrary().descriptor(named: row.name))
        let make = try descriptor.definition().configure(ProtocolOptions())
        var random = SeededGenerator(seed: UInt64(index))
        for round in 0..<40 {
            var bytes = row.before + row.bytes + row.bytes
            for _ in 0...(random.next() % 4) {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if round % 3 == 0 { bytes.removeLast(Int(random.next() % UInt64(bytes.count))) }
            try ProtocolVerifier(seed: UInt64(round), rounds: 4, make).verify(bytes)
        }
    }

    private static let rows: [Row] = [
        Row("skynet", .client, "", "000415020404", .whole),
        Row("skynet", .client, "", "0014550208060210053f68656c6c6f053e776f726c64", .whole),
        Row("skynet", .server, "", "000f5502010401c40757651f6c636f6d65", .whole),
        Row("skynet", .server, "", "000415020106", .whole),
        Row("skynet", .server, "", "0003050104", .whole),
        Row("skynet", .client, "", "000d5502060801c4056865076c6c6f", .whole),
        Row("skynet", .server, "", "000d5502010801c405776f07726c64", .whole),
        Row("skynet", .client, "", "0000", .whole),
        Row("skynet", .client, "", "00041502", .incomplete),
        Row("skynet-msgserver", .client, "", "00086563686f00000001", .whole),
        Row("skynet-msgserver", .server, "", "00096563686f0100000001", .whole),
        Row("skynet-msgserver", .server, "", "00050000000002", .whole),
        Row("skynet-msgserver", .client, "", "0003000001", .rejected(.frameTooSmall)),
        Row("skynet-login", .client, "", "41514944424155474277673d0a", .whole),
        Row("skynet-login", .server, "", "323030204d513d3d0a", .whole),
        Row(
            "pomelo", .client, "",
            "0100005a7b22737973223a7b2274797065223a226a732d776562736f636b6574222c2276657273696f6e223a"
                + "22302e302e31222c22727361223a7b7d2c2270726f746f56657273696f6e223a307d2c2275736572223a7b22"
                + "6e223a317d7d", .whole),
        Row(
            "pomelo", .client, "",
            "010000267b22737973223a7b2276657273696f6e223a22302e332e34222c2274797065223a2263227d7d", .whole),
        Row(
            "pomelo", .server, "",
            "010000637b22636f6465223a3230302c22737973223a7b22686561727462656174223a312c2264696374223a"
                + "7b22636861742e6f6e4d7367223a312c22636f6e6e6563746f722e656e7472792e68656c6c6f223a327d7d2c"
                + "2275736572223a7b2278223a317d7d", .whole),
        Row("pomelo", .client, "01000000", "02000000", .whole),
        Row("pomelo", .client, "0100000002000000", "03000000", .whole),
        Row("pomelo", .client, "0100000002000000", "0400000b010100027b2261223a317d", .whole),
        Row("pomelo", .client, "0100000002000000", "04000013000205612e622e637b227a223a22e4b8ad227d", .whole),
        Row(
            "pomelo", .client, "0100000002000000",
            "04000029000119636f6e6e6563746f722e68656c6c6f48616e646c65722e68697b226d7367223a2268697e22"
                + "7d", .whole),
        Row("pomelo", .client, "0100000002000000", "0400000f020b617265612e782e6d6f76657b7d", .whole),
        Row("pomelo", .server, "", "0400000e04017b22636f6465223a3230307d", .whole),
        Row("pomelo", .server, "", "0400001104017b226d7367223a2268656c6c6f227d", .whole),
        Row("pomelo", .server, "", "0400000f06066f6e436861747b226d223a317d", .whole),
        Row("pomelo", .server, "", "0400000a0700017b226d223a327d", .whole),
        Row("pomelo", .server, "", "050000107b22726561736f6e223a22627965227d", .whole),
        Row("pomelo", .client, "0100000002000000", "0400000900ac0203612e627b7d", .whole),
        Row("pomelo", .server, "", "0400000424017b7d", .whole),
        Row("pomelo", .client, "", "06000000", .rejected(.unknownKind)),
        Row("pomelo", .client, "", "01010001", .rejected(.frameTooLarge)),
        Row("pomelo", .client, "0100000002000000", "040000020080", .rejected(.truncatedField)),
        Row("pomelo", .client, "0100000002000000", "0400000400010561", .rejected(.truncatedField)),
        Row("pomelo", .client, "0100000002000000", "04000003008000", .rejected(.varintOverlong)),
        Row("pomelo", .client, "0100000002000000", "040000020801", .rejected(.unknownKind)),
        Row("pomelo", .client, "0100000002000000", "04000000", .rejected(.truncatedField)),
        Row("pomelo", .client, "", "0300", .incomplete),
        Row("leaf-json", .client, "", "00197b2248656c6c6f223a7b224e616d65223a226c656166227d7d", .whole),
        Row("leaf-json", .client, "", "0000", .rejected(.emptyFrame)),
        Row("leaf-json", .client, "", "1001", .rejected(.frameTooLarge)),
        Row("leaf-json", .client, "", "00027b7d", .rejected(.malformedBody)),
        Row("leaf-json", .client, "", "000d7b2261223a312c2262223a327d", .rejected(.malformedBody)),
        Row("leaf-pb", .client, "", "000800010a046c656166", .whole),
        Row("leaf-pb", .client, "", "0005000008ac02", .whole),
        Row("leaf-pb", .client, "", "000100", .rejected(.frameTooSmall)),
        Row("cellnet", .client, "", "0d004112050068656c6c6fd2040000", .whole),
        Row("cellnet", .client, "", "0900ddb17b2241223a377d", .whole),
        Row("cellnet", .client, "", "120015e501c1240a090300727063050000001101", .whole),
        Row("cellnet", .server, "", "1200fc4f01c1240a090300727063050000001101", .whole),
        Row("cellnet", .client, "", "010041", .rejected(.frameTooSmall)),
        Row("cellnet", .client, "", "02004112", .whole),
        Row("kbengine", .client, "", "04001100322e352e313200302e312e300000000000", .whole),
        Row("kbengine", .client, "", "04001100312e332e313300302e312e300000000000", .whole),
        Row("kbengine", .server, "", "09021b00322e352e313200302e312e30007070707000656565650008000000", .whole),
        Row("kbengine", .client, "", "03000d000000000000626f743100310000", .whole),
        Row("kbengine", .server, "", "f601190061636374003132372e302e302e31002f4e0000020000007364", .whole),
        Row("kbengine", .client, "", "0b00", .whole),
        Row("kbengine", .server, "", "4800", .whole),
        Row("kbengine", .client, "", "ca000700626f7431003100", .whole),
        Row("kbengine", .server, "", "f80114008877665544332211070000004163636f756e7400", .whole),
        Row("kbengine", .client, "", "0500", .whole),
        Row("kbengine", .client, "", "cf00", .whole),
        Row("kbengine", .server, "", "3f001500010000000700000053554343455353020000006f6b", .whole),
        Row("kbengine", .server, "", "05021400", .whole),
        Row("kbengine", .client, "ca000700626f7431003100", "2e010a0007000000000003000102", .whole),
        Row("kbengine", .client, "", "ffff", .rejected(.unknownKind)),
        Row("kbengine", .client, "", "0400ffff00000300", .rejected(.frameTooLarge)),
        Row("kbengine", .client, "", "0300040000000000", .rejected(.truncatedField)),
        Row(
            "scut", .client, "",
            "7c0000003f643d4d736749642533643225323653696425336425323655696425336430253236537425336425"
                + "3236616374696f6e4964253364313030312532366e616d65253364612532353230622532366e253364352532"
                + "367369676e2533643733663838343135653438356365303465653533393461313533623836313266", .whole),
        Row(
            "scut", .server, "",
            "2500000025000000000000000200000000000000e90300000200000073740300000068657907000000", .whole),
        Row("scut", .server, "", "1d0000001d000000690000000400000003000000626164ea030000020000007374", .whole),
        Row("scut", .server, "", "1a0000001a000000000000000000000000000000d1070000020000007374", .whole),
        Row("scut", .client, "", "00000000", .rejected(.emptyFrame)),
        Row("scut", .client, "", "ffffffff", .rejected(.negativeLength)),
        Row("scut", .client, "", "0100a000", .rejected(.frameTooLarge)),
        Row("scut", .client, "", "030000003f643d", .rejected(.badSignature)),
        Row("firefly", .client, "", "00000000000000000000000009000000016173646665", .whole),
        Row("firefly", .server, "", "0000000000000000000000000a00000001e6aca2e8bf8e", .whole),
        Row("firefly", .server, "", "000000000000000000000000090000006f6173646665", .whole),
        Row("firefly", .client, "", "01000000000000000000000009000000016173646665", .rejected(.wrongConstant)),
        Row("firefly", .client, "", "0000000000000000000000000300000001", .rejected(.frameTooSmall)),
        Row("firefly", .client, "", "0000000000000000007fffffff", .rejected(.frameTooLarge)),
        Row("int8", .client, "", "0568656c6c6f", .whole),
        Row("int8", .client, "", "00", .whole),
        Row("int16", .client, "", "00077b2261223a317d", .whole),
        Row("int32", .client, "", "0000000568656c6c6f", .whole),
        Row("int32", .client, "", "000186a0", .rejected(.frameTooLarge)),
        Row("netstring", .client, "", "303a2c", .whole),
        Row("netstring", .client, "", "353a68656c6c6f2c", .whole),
        Row("netstring", .client, "", "30353a", .rejected(.malformedLength)),
        Row("netstring", .client, "", "353a68656c6c6f78", .rejected(.wrongTerminator)),
        Row("netstring", .client, "", "3130303030303a", .rejected(.frameTooLarge)),
        Row("netstring", .client, "", "783a", .rejected(.malformedLength)),
        Row("line", .client, "", "68656c6c6f0d0a", .whole),
        Row("line", .client, "", "0d0a", .whole),
        Row("line", .client, "", "68656c6c6f", .incomplete),
        Row(
            "amp", .client, "",
            "00045f61736b00013100085f636f6d6d616e64000353756d00016100023133000162000238310000", .whole),
        Row("amp", .server, "", "00075f616e737765720001310005746f74616c000239340000", .whole),
        Row(
            "amp", .server, "",
            "00065f6572726f72000132000b5f6572726f725f636f64650007554e4b4e4f574e00125f6572726f725f6465"
                + "736372697074696f6e00046e6f70650000", .whole),
        Row("amp", .client, "", "0100", .rejected(.frameTooLarge)),
        Row(
            "photon-json", .client, "",
            "7e6d7e34337e6d7e7e6a7e7b22726571223a3233302c2276616c73223a5b3232342c22617070222c3232302c"
                + "22312e30225d7d", .whole),
        Row(
            "photon-json", .server, "",
            "7e6d7e35317e6d7e7e6a7e7b22726573223a3233302c22657272223a302c226d7367223a22222c2276616c73"
                + "223a5b3235352c226f6b20e4b8ad225d7d", .whole),
        Row(
            "photon-json", .server, "",
            "7e6d7e33307e6d7e7e6a7e7b22657674223a3232362c2276616c73223a5b3232392c31305d7d", .whole),
        Row(
            "photon-json", .client, "",
            "7e6d7e32387e6d7e7e6a7e7b22697271223a312c2276616c73223a5b312c333135395d7d", .whole),
        Row(
            "photon-json", .server, "",
            "7e6d7e35347e6d7e7e6a7e7b22697273223a312c22657272223a302c226d7367223a22222c2276616c73223a"
                + "5b312c333135392c322c3132333435365d7d", .whole),
        Row("photon-json", .client, "", "7e6d7e39397e6d7e7e6a7e7b7d", .incomplete),
        Row(
            "photon-tcp", .client, "",
            "fb000000300001f3000106010300010761707000000000000000000000000000000000000000000000000000"
                + "00000000", .whole),
        Row("photon-tcp", .server, "", "fb0000000a0001f30100", .whole),
        Row(
            "photon-tcp", .client,
            "fb000000300001f300010601030001076170700000000000000000000000000000000000000000000000000000000000",
            "fb000000180001f302ff0001ff730008736f6d6567616d65", .whole),
        Row(
            "photon-tcp", .client,
            "fb000000300001f300010601030001076170700000000000000000000000000000000000000000000000000000000000",
            "fb000000190001f3027b000200690000000204730003616263", .whole),
        Row("photon-tcp", .server, "", "fb0000000f0001f303e500002a0000", .whole),
        Row("photon-tcp", .server, "", "fb000000190001f30414000200690000000204730003616263", .whole),
        Row("photon-tcp", .client, "", "f000001234", .whole),
        Row("photon-tcp", .client, "", "fb00000005", .rejected(.frameTooSmall)),
        Row("photon-tcp", .client, "", "aa", .rejected(.unknownKind)),
    ]
}
