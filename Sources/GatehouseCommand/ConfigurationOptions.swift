import ArgumentParser
import Gatehouse

/// The flags that say what to run; `serve` and `check-config` have the same ones.
struct ConfigurationOptions: ParsableArguments {
    @OptionGroup(title: "Settings") var general: GeneralOptions
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup(title: "As in mqant") var mqant: MqantOptions

    /// The flags that were given, by the names the loader knows. Of two that set the same our own comes last and counts.
    var flags: [ConfigurationFlag] { mqant.flags + general.flags + limits.flags }
}
