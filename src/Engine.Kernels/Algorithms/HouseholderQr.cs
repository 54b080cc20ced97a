namespace Engine.Kernels.Algorithms;

/// <summary>A least-squares problem |X b - y|² reduced to a triangle by Householder reflections, in float64 and in one fixed order.</summary>
/// <remarks>Q^T X = R (upper triangular) and Q^T y; the residual is what of y lies below the triangle. Source: Golub and Van Loan, Matrix Computations, 5.2 and 5.3.</remarks>
internal sealed class HouseholderQr
{
    /// <summary>A column is dependent when this share of its length or less is left once the columns before it are taken out.</summary>
    public const double Tolerance = 1e-12;

    private readonly double[][] _columns;
    private readonly double[] _y;

    /// <summary>Reduces the problem, or stops at the first dependent column.</summary>
    /// <param name="columns">[k][n], the columns of X; n is at least k.</param>
    /// <param name="y">[n].</param>
    public HouseholderQr(IReadOnlyList<double[]> columns, double[] y)
    {
        _columns = [.. columns.Select(c => (double[])c.Clone())];
        _y = (double[])y.Clone();
        double[] lengths = [.. _columns.Select(c => Math.Sqrt(Squares(c, 0)))];
        for (int j = 0; j < _columns.Length; j++)
        {
            if (Reflect(j, lengths[j])) continue;
            Dependent = j;
            return;
        }
    }

    /// <summary>Columns of X.</summary>
    public int Columns => _columns.Length;

    /// <summary>The first column that is a combination of those before it, or -1.</summary>
    public int Dependent { get; } = -1;

    /// <summary>|X b - y|² at the solution.</summary>
    public double ResidualSquares => Squares(_y, Columns);

    /// <summary>Column j of R, padded with zeros to k elements.</summary>
    public double[] Triangle(int j)
    {
        double[] column = new double[Columns];
        Array.Copy(_columns[j], column, j + 1);
        return column;
    }

    /// <summary>The first k elements of Q^T y.</summary>
    public double[] Projection() => _y[..Columns];

    /// <summary>The coefficients that make the residual least.</summary>
    public double[] Solve() => Solve(Columns, _y);

    /// <summary>The dependent column as a combination of the columns before it.</summary>
    public double[] Combination() => Solve(Dependent, _columns[Dependent]);

    /// <summary>The diagonal of (X^T X)^-1: element i is the squared length of row i of R^-1.</summary>
    public double[] InverseDiagonal()
    {
        double[] diagonal = new double[Columns];
        double[] unit = new double[Columns];
        for (int j = 0; j < Columns; j++)
        {
            Array.Clear(unit);
            unit[j] = 1;
            double[] inverse = Solve(j + 1, unit);
            for (int i = 0; i <= j; i++) diagonal[i] += inverse[i] * inverse[i];
        }

        return diagonal;
    }

    private double[] Solve(int count, double[] right)
    {
        double[] solution = right[..count];
        for (int i = count - 1; i >= 0; i--)
        {
            for (int j = i + 1; j < count; j++) solution[i] -= _columns[j][i] * solution[j];
            solution[i] /= _columns[i][i];
        }

        return solution;
    }

    /// <summary>Turns column j into column j of R by one reflection, which the later columns and y undergo too.</summary>
    private bool Reflect(int j, double length)
    {
        double[] column = _columns[j];
        double rest = Math.Sqrt(Squares(column, j));
        if (!(rest > Tolerance * length)) return false;
        double diagonal = column[j] > 0 ? -rest : rest;
        column[j] -= diagonal;
        double half = Squares(column, j) / 2;
        for (int c = j + 1; c < Columns; c++) Apply(column, j, half, _columns[c]);
        Apply(column, j, half, _y);
        column[j] = diagonal;
        return true;
    }

    private static void Apply(double[] reflector, int from, double half, double[] to)
    {
        double dot = 0;
        for (int i = from; i < to.Length; i++) dot += reflector[i] * to[i];
        double share = dot / half;
        for (int i = from; i < to.Length; i++) to[i] -= share * reflector[i];
    }

    private static double Squares(double[] values, int from)
    {
        double sum = 0;
        for (int i = from; i < values.Length; i++) sum += values[i] * values[i];
        return sum;
    }
}
