using Engine.Data;

namespace Engine.Runs;

/// <summary>Turns what the file system refuses while a run reads or writes its folder into exit 7 with the path and the system's own words.</summary>
internal static class FileFailure
{
    public static T Guard<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (IoError.IsFrom(e))
        {
            throw IoError.Writing(path, e);
        }
    }

    public static T GuardReading<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (IoError.IsFrom(e))
        {
            throw IoError.Reading(path, e);
        }
    }

    public static void Guard(string path, Action action) => Guard(path, () =>
    {
        action();
        return true;
    });
}
