using System.Globalization;
using Engine.Cli;

// The locale of the machine must not reach a number, a date or a message.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
return CommandLine.Invoke(args);
