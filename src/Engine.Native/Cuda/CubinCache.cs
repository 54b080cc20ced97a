using System.Security.Cryptography;

namespace Engine.Native.Cuda;

/// <summary>Machine code by what it was made of, in a folder. A file that is damaged counts as not there; one that cannot be written is done without.</summary>
/// <param name="folder">The folder, made when something is kept.</param>
internal sealed class CubinCache(string folder)
{
    /// <summary>In the user's cache folder; nothing is kept for a user who has none.</summary>
    public static CubinCache OfUser()
    {
        string? caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } given && Path.IsPathRooted(given) ? given : null;
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        caches ??= home.Length == 0 ? null : Path.Combine(home, ".cache");
        return new CubinCache(caches is null ? "" : Path.Combine(caches, "engine", "kernels"));
    }

    /// <summary>What was kept under a key, or null.</summary>
    public byte[]? Find(string key)
    {
        if (folder.Length == 0) return null;
        try
        {
            byte[] file = File.ReadAllBytes(Name(key));
            if (file.Length <= SHA256.HashSizeInBytes) return null;
            byte[] image = file[SHA256.HashSizeInBytes..];
            return SHA256.HashData(image).AsSpan().SequenceEqual(file.AsSpan(0, SHA256.HashSizeInBytes)) ? image : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps an image under a key: whole or not at all.</summary>
    public void Keep(string key, byte[] image)
    {
        if (folder.Length == 0) return;
        string temporary = Path.Combine(folder, $".{key}.{Guid.NewGuid():N}");
        try
        {
            // Nobody else may put code here that this user's GPU then runs.
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.WriteAllBytes(temporary, [.. SHA256.HashData(image), .. image]);
            File.Move(temporary, Name(key), overwrite: true);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            Forget(temporary);
        }
    }

    private string Name(string key) => Path.Combine(folder, key + ".cubin");

    private static void Forget(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // The folder takes no writes at all; there is nothing to delete.
            return;
        }
    }
}
