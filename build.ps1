# The commands of .ci/run, one by one. Stops at the first that fails.
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true
dotnet build Engine.sln -c Release
dotnet test Engine.sln -c Release --no-build
dotnet run -c Release --no-build --project src/Engine.Cli -- run examples/dotnet-docs/rds.json
dotnet run -c Release --project bench/Engine.Bench -- kernels --smoke
dotnet format Engine.sln --verify-no-changes --no-restore
